#!/usr/bin/env python3
"""`sotto store`: made, checked, and all calls taken from one kind of store to another and back."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import yaml

import faulty_stores
import stores
from harness import BIN, ROOT, Server, Socket, closing_line, packet, render, run_tests, start_message

TEXT = "I am thinking of leaving you, the price is too high and I want to cancel my contract."


def sotto(*args, **environment):
    return subprocess.run([BIN, *map(str, args)], cwd=ROOT, capture_output=True, text=True, timeout=120, env={**os.environ, **environment})


def good(*args):
    done = sotto(*args)
    assert done.returncode == 0, (args, done.stdout, done.stderr)
    return done.stdout


def refused(said, *args):
    done = sotto(*args)
    assert done.returncode == 1 and said in done.stderr, (args, said, done)


def filled(folder, wav):
    """A store with a call that ended, one that is live, one of which words were taken back, and one that was erased."""
    with Server(data=f"{folder}/one", store={}) as server:
        for call in ("ended", "redacted", "erased"):
            assert server.call(wav, "--speed", "4", "--id", call)[0] == 0
        number = next(i + 1 for i, event in enumerate(server.events("redacted")) if event["type"] == "sotto.utterance.final")
        status, _ = server.http("POST", "/v1/calls/redacted/redactions", json.dumps({"number": number, "words": ["cancel"], "reason": "test"}))
        assert status == 200, status
        assert server.http("DELETE", "/v1/calls/erased?reason=test")[0] in (200, 204)
        source = Socket(server, "/v1/ingest")
        source.send(start_message("live", tracks=["customer"]))
        source.until(lambda message: message["type"] == "started")
        source.send(packet(0, 0, bytes([255]) * 8000))
        source.until(lambda message: message["type"] == "ack" and message["tracks"][0]["committed"] >= 0, 3)
        events = {call: server.events(call) for call in ("ended", "redacted")}
        server.stop()
        source.close()
    return events


def config_of(folder, shared):
    config = pathlib.Path(folder) / "shared.yaml"
    config.write_text(yaml.safe_dump(shared.settings))
    return config


def test_all_calls_go_from_one_kind_of_store_to_the_other_and_back(wav):
    with tempfile.TemporaryDirectory() as folder, stores.Shared(BIN) as shared:
        events = filled(folder, wav)
        first, second = f"{folder}/first.jsonl", f"{folder}/second.jsonl"
        said = good("store", "export", first, "--data", f"{folder}/one")
        assert "4 calls" in said and "in the clear" in said, said
        assert pathlib.Path(first).stat().st_mode & 0o077 == 0, "for its user alone"
        config = config_of(folder, shared)
        assert "4 calls" in good("store", "import", first, "--config", config)
        refused("holds calls already", "store", "import", first, "--config", config)
        with Server(store=shared.settings) as server:
            for call, told in events.items():
                assert server.events(call) == told, call
            listed = {call["call"]: call for call in server.json("/v1/calls")["calls"]}
            assert set(listed) == {"ended", "redacted", "erased", "live"}, listed
            assert listed["erased"]["erased"] and server.http("GET", "/v1/calls/erased/events")[0] == 410
            assert listed["live"]["live"], listed["live"]
            server.stop()
        good("store", "export", second, "--config", config)
        good("store", "import", second, "--data", f"{folder}/two")
        with Server(data=f"{folder}/two", store={}) as server:
            for call, told in events.items():
                assert server.events(call) == told, call


def test_files_that_are_not_whole_are_refused_with_their_line(wav):
    with tempfile.TemporaryDirectory() as folder:
        filled(folder, wav)
        whole = f"{folder}/whole.jsonl"
        good("store", "export", whole, "--data", f"{folder}/one")
        refused("is there already", "store", "export", whole, "--data", f"{folder}/one")
        lines = pathlib.Path(whole).read_text().splitlines(keepends=True)
        cut = pathlib.Path(folder) / "cut.jsonl"
        for number, (text, said) in enumerate([("".join(lines[:-1]), "cut off"), ("no json\n", "line 1"), ('{"a": 1}\n', "line 1: this is no file of"),
                                               (lines[0] + lines[1][:len(lines[1]) // 2] + "\n", "line 2"), ("", "cut off"),
                                               (lines[0] + '{"calls": 3}\n', "says 3 calls"), (lines[0] + '{"call": 7}\n', "line 2: this is no call")]):
            cut.write_text(text)
            refused(said, "store", "import", cut, "--data", f"{folder}/into-{number}")
        refused("cannot be read", "store", "import", f"{folder}/none", "--data", f"{folder}/x")


def test_a_store_that_servers_use_is_not_taken_from_under_them(wav):
    with tempfile.TemporaryDirectory() as folder, stores.Shared(BIN) as shared, Server(store=shared.settings) as server:
        source = Socket(server, "/v1/ingest")
        source.send(start_message("carried", tracks=["customer"]))
        assert source.until(lambda message: message["type"] == "started")
        refused("stop the servers first", "store", "export", f"{folder}/x", "--config", config_of(folder, shared))
        assert not pathlib.Path(f"{folder}/x").exists()
        with Server(data=f"{folder}/embedded", store={}):
            refused("in use", "store", "export", f"{folder}/y", "--data", f"{folder}/embedded")


def test_a_wrong_store_is_said_with_what_to_do(wav):
    with tempfile.TemporaryDirectory() as folder, stores.Shared(BIN) as shared:
        config = pathlib.Path(folder) / "c.yaml"

        def wrong(said, command="serve", **store):
            settings = json.loads(json.dumps(shared.settings))
            settings["store"].update(store)
            config.write_text(yaml.safe_dump(settings))
            args = ["serve", "--config", config, "--listen", "127.0.0.1:0", "--data", f"{folder}/d"] if command == "serve" else ["store", command, "--config", config]
            done = sotto(*args)
            assert done.returncode in (1, 2) and said in done.stderr, (said, done)

        assert "may work on it" in good("store", "check", "--config", config_of(folder, shared))
        address = shared.settings["store"]["postgresql"]
        for command in ("serve", "check"):
            wrong("/nowhere", command, postgresql="host=/nowhere dbname=x user=sotto")
            wrong("does not exist", command, postgresql=address.replace("dbname=cluster", "dbname=none"))
            wrong("another database, or the same cluster", command, cluster="other")
            wrong("sotto store migrate", command, epochs=f"{folder}/none/epochs")
            (cut := pathlib.Path(folder) / "cut").write_bytes(pathlib.Path(shared.settings["store"]["epochs"]).read_bytes()[:5000])
            cut.chmod(0o600)
            wrong("cut off", command, epochs=str(cut))
            assert cut.stat().st_size == 5000, "a check changes nothing"
            wrong("SUPERUSER", command, postgresql=address.replace("user=sotto", "user=owner"))
        wrong("passfile", postgresql=address + " password=secret")
        wrong("needs the file of its epochs", epochs="")
        shared.postgresql.sql("CREATE DATABASE empty")
        wrong("sotto store migrate", postgresql=address.replace("dbname=cluster", "dbname=empty"))
        shared.postgresql.sql("INSERT INTO sotto.migrations(version) VALUES (1000)", "cluster")
        wrong("use a newer Sotto")
        shared.postgresql.sql("DELETE FROM sotto.migrations", "cluster")
        wrong("sotto store migrate")
        settings = {"bus": shared.settings["bus"]}
        config.write_text(yaml.safe_dump(settings))
        done = sotto("serve", "--config", config, "--check-config")
        assert done.returncode == 2 and "share a store too" in done.stderr, done


def test_a_wrong_password_of_the_store_is_said_with_what_to_do(wav):
    with tempfile.TemporaryDirectory() as folder, stores.Shared(BIN) as shared:
        server = shared.postgresql
        server.sql("ALTER ROLE sotto PASSWORD 'the-right-one'")
        rules = pathlib.Path(server.folder) / "data/pg_hba.conf"
        rules.write_text("local all sotto scram-sha-256\n" + rules.read_text())
        server.sql("SELECT pg_reload_conf()")
        config = config_of(folder, shared)
        none = str(pathlib.Path(folder) / "none")

        def refused_with(said, **environment):
            for args in (["store", "check"], ["serve", "--listen", "127.0.0.1:0", "--data", f"{folder}/d"]):
                done = sotto(*args, "--config", config, **{"PGPASSFILE": none, **environment})
                assert done.returncode == 1 and said in done.stderr and "passfile" in done.stderr and "PGPASSWORD" in done.stderr, done
                assert "one-of-them" not in done.stdout + done.stderr, "no password is printed"

        faulty_stores.wait(lambda: sotto("store", "check", "--config", config, PGPASSFILE=none).returncode == 1, "the new rule")
        refused_with("no password supplied")
        refused_with("password authentication failed", PGPASSWORD="the-wrong-one-of-them")
        assert "may work on it" in sotto("store", "check", "--config", config, PGPASSWORD="the-right-one").stdout
        passfile = pathlib.Path(folder) / "pgpass"
        passfile.write_text("*:*:*:sotto:the-right-one\n")
        passfile.chmod(0o600)
        shared.settings["store"]["postgresql"] += f" passfile={passfile}"
        assert "may work on it" in good("store", "check", "--config", config_of(folder, shared))


def test_two_clusters_do_not_share_a_database_nor_strangers_a_store(wav):
    with tempfile.TemporaryDirectory() as folder, stores.Shared(BIN) as shared:
        owner = shared.postgresql.address("cluster", "owner")
        shared.settings["store"]["cluster"] = "another"
        refused("name another database, or the same cluster", "store", "migrate", "--config", config_of(folder, shared), "--as", owner)
        shared.settings["store"]["cluster"] = "sotto"
        assert "may work on it" in good("store", "check", "--config", config_of(folder, shared)), "it is as it was"
        shared.postgresql.sql("CREATE ROLE stranger LOGIN")
        shared.settings["store"]["postgresql"] = shared.postgresql.address("cluster", "stranger")
        config = config_of(folder, shared)
        refused("sotto store migrate", "store", "check", "--config", config)
        good("store", "migrate", "--config", config, "--as", owner)
        good("store", "check", "--config", config)


def test_a_wrong_bus_is_said_with_what_to_do(wav):
    with tempfile.TemporaryDirectory() as folder, stores.Shared(BIN) as shared:
        config = pathlib.Path(folder) / "c.yaml"

        def wrong(said, **bus):
            config.write_text(yaml.safe_dump({"store": shared.settings["store"], "bus": bus or shared.settings["bus"]}))
            done = sotto("serve", "--config", config, "--listen", "127.0.0.1:0", "--data", f"{folder}/d")
            assert done.returncode in (1, 2) and said in done.stderr, (said, done)

        wrong("/nowhere", redis="/nowhere")
        wrong("refused", redis="127.0.0.1:1")
        wrong("not both", redis="/x", sentinels=["127.0.0.1:1"])
        wrong("refused", sentinels=["127.0.0.1:1", "127.0.0.1:2"])
        wrong("bus.password_file", redis=f"{shared.redis.folder}/socket", password_file=f"{folder}/none")
        for policy in ("allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"):
            shared.redis.script("cli", "CONFIG", "SET", "maxmemory-policy", policy)
            wrong("set noeviction")
        shared.redis.script("cli", "CONFIG", "SET", "maxmemory-policy", "noeviction")
        shared.redis.script("cli", "CONFIG", "SET", "requirepass", "the-right-one")
        password = pathlib.Path(folder) / "password"
        with_password = {"redis": f"{shared.redis.folder}/socket", "password_file": str(password)}
        wrong("bus.password_file")
        password.write_text("the-wrong-one\n")
        wrong("the password is refused", **with_password)
        password.write_text("the-right-one\n")
        with Server(store={"store": shared.settings["store"], "bus": with_password}):
            pass  # it works


def main():
    with tempfile.TemporaryDirectory() as folder:
        wav = render(folder, [{"id": "store", "voice": "awb", "text": TEXT}])[0]
        passed, failed = run_tests(globals(), wav, wanted=sys.argv[1:])
    print(closing_line(passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
