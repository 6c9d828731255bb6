#!/usr/bin/env python3
"""Tokens as records that are read again, and the access log: who read, changed or erased what."""
import concurrent.futures
import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import access_test
from access_test import ENDED, LIVE, bearer, end, ingest
from harness import BIN, ROOT, Server, closing_line, packet, run_tests, start_message

ADMIN = "token-of-the-administrator"


def sotto(*args, code=0):
    done = subprocess.run([BIN, *map(str, args)], cwd=ROOT, capture_output=True, text=True, timeout=20)
    assert done.returncode == code, (args, done.returncode, done.stdout, done.stderr)
    return done.stdout if code == 0 else done.stderr


class World:
    """A server whose tokens stand in a file of records, beside one of an administrator of all tenants."""

    def __init__(self, folder):
        self.records = pathlib.Path(folder) / "tokens.yaml"
        self.records.write_text("tokens:\n")
        self.records.chmod(0o640)
        admin = pathlib.Path(folder) / "admin"
        admin.write_text(ADMIN + "\n")
        self.settings = json.dumps({"token_file": str(admin), "token_records": str(self.records)})
        self.server = None

    def new(self, name, *args):
        return sotto("token", "new", name, "--file", self.records, *args).strip()

    def status(self, token, path="/v1/calls", method="GET", body=None):
        return self.server.http(method, path, body, bearer(token))[0]

    def becomes(self, token, status, path="/v1/calls"):
        deadline = time.monotonic() + 10
        while self.status(token, path) != status:
            assert time.monotonic() < deadline, f"a token is answered with {self.status(token, path)} and not {status}"
            time.sleep(0.1)

    def shown(self, *args):
        lines = sotto("audit", "show", "--json", "--data", self.server.data, *args).splitlines()
        return [json.loads(line) for line in lines]

    def verify(self, *args, code=0):
        return sotto("audit", "verify", "--data", self.server.data, *args, code=code)


@contextlib.contextmanager
def world():
    with tempfile.TemporaryDirectory() as folder:
        made = World(folder)
        with Server(settings=made.settings) as made.server:
            yield made


def live_call(made, call=LIVE):
    source = ingest(made.server, ADMIN)
    source.send(start_message(call, tenant="acme"))
    started = source.receive()
    assert started["type"] == "started", started
    source.send(packet(0, 0, b"\xff" * 160))
    deadline = time.monotonic() + 10
    while made.status(ADMIN, f"/v1/calls/{call}/events") != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return source


def test_a_record_opens_and_its_end_closes_without_a_restart(_):
    with world() as made:
        desk = made.new("acme-desk", "--tenant", "acme", "--role", "agent", "--role", "supervisor")
        assert desk.startswith("sotto_") and desk not in made.records.read_text(), "the file holds its digest"
        assert made.records.stat().st_mode & 0o777 == 0o640, "as open as it was"
        made.becomes(desk, 200)
        assert made.status(desk, "/metrics") == 403, "its roles"
        assert "acme-desk" in sotto("token", "list", "--file", made.records)
        sotto("token", "revoke", "acme-desk", "--file", made.records)
        made.becomes(desk, 401)
        assert made.status(ADMIN) == 200


def test_a_file_that_is_wrong_or_gone_leaves_the_records_before_in_force(_):
    with world() as made:
        desk = made.new("desk", "--tenant", "acme", "--role", "agent")
        made.becomes(desk, 200)
        good = made.records.read_text()
        for wrong in (good + "  - { name: x, sha256: 12, roles: [agent] }\n", "tokens: [", None):
            if wrong is None:
                made.records.unlink()
            else:
                made.records.write_text(wrong)
            deadline = time.monotonic() + 10
            while "the records before are in force" not in made.server.http("GET", "/readyz")[1]:
                assert time.monotonic() < deadline, made.server.log.read_text()
                time.sleep(0.1)
            assert made.status(desk) == 200 and made.server.http("GET", "/readyz")[0] == 200
            made.records.write_text(good)
            deadline = time.monotonic() + 10
            while "in force" in made.server.http("GET", "/readyz")[1]:
                assert time.monotonic() < deadline, "it is right again"
                time.sleep(0.1)


def test_a_token_that_expired_or_that_nobody_has_opens_nothing(_):
    with world() as made:
        roles = [word for role in access_test.ROLES for word in ("--role", role)]
        old = made.new("old", *roles, "--expires", "2026-01-01")
        valid = made.new("valid", *roles, "--expires", "2126-01-01T00:00:00Z")
        made.becomes(valid, 200)
        assert "EXPIRED 2026-01-01" in sotto("token", "list", "--file", made.records)
        asked = [(method, path, body) for method, path, needed, body in access_test.operations() if needed]

        def probe(method, path, body, token):
            return access_test.ask(made.server, method, path, body, bearer(token))[0]

        # Wrong tokens are answered slowly: many at once.
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            jobs = [(one, token, pool.submit(probe, *one, token)) for one in asked for token in (old, valid[:-1], valid + "0")]
            for one, token, job in jobs:
                assert job.result() == 401, (one, job.result())
        assert len(jobs) >= 50, len(jobs)
        for token in (old, "nobody's"):
            assert ingest(made.server, token).status == 401
        assert "has expired" in made.server.http("GET", "/v1/calls", headers=bearer(old))[1]


def test_what_is_wrong_with_a_record_is_said(_):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "t.yaml"
        sotto("token", "new", "a", "--role", "agent", "--file", file)
        assert file.stat().st_mode & 0o777 == 0o600
        assert 'has a token "a"' in sotto("token", "new", "a", "--role", "agent", "--file", file, code=1)
        assert "expires is a day" in sotto("token", "new", "b", "--role", "agent", "--expires", "soon", "--file", file, code=1)
        assert "king" in sotto("token", "new", "b", "--role", "king", "--file", file, code=2)
        assert 'has no token "b"' in sotto("token", "revoke", "b", "--file", file, code=1)
        assert "nothing.yaml" in sotto("token", "list", "--file", pathlib.Path(folder) / "nothing.yaml", code=1)
        config = pathlib.Path(folder) / "config.yaml"
        config.write_text(json.dumps({"token_records": str(file) + ".no"}))
        refused = subprocess.run([BIN, "serve", "--listen", "127.0.0.1:0", "--data", folder, "--config", config], cwd=ROOT, capture_output=True, text=True, timeout=20)
        assert refused.returncode != 0 and "t.yaml.no" in refused.stdout + refused.stderr, refused


def test_who_read_changed_and_erased_what_is_written_down(_):
    with world() as made:
        desk = made.new("acme-desk", "--tenant", "acme", "--role", "agent")
        auditor = made.new("auditor", "--role", "auditor")
        made.becomes(auditor, 200)
        made.becomes(desk, 200)
        end(live_call(made, ENDED))
        source = live_call(made)
        for _ in range(5):  # a page looks again and again
            assert made.status(auditor, f"/v1/calls/{ENDED}/events") == 200
        assert made.status(desk, "/v1/tickets", "POST", json.dumps({"call": LIVE})) == 201
        assert made.status(desk, f"/v1/calls/{LIVE}/pause", "POST", "") == 200
        assert made.status(desk, f"/v1/calls/{ENDED}?reason=a+test", "DELETE") == 403, "not its role"
        assert made.status(ADMIN, f"/v1/calls/{ENDED}?reason=the+caller+asked", "DELETE") == 200

        def told(*args):
            return [(entry["request"], entry.get("status")) for entry in made.shown(*args)]

        assert told("--who", "auditor", "--call", ENDED) == [("GET /v1/calls/{call}/events", 200)], "once"
        pause = ("POST /v1/calls/{call}/pause", None), ("POST /v1/calls/{call}/pause", 200)
        assert told("--who", "acme-desk", "--call", LIVE) == [("POST /v1/tickets", 201), *pause]
        erased = [entry for entry in made.shown("--call", ENDED) if entry["request"].startswith("DELETE")]
        assert [entry.get("status") for entry in erased] == [None, 200] and "the+caller+asked" in erased[0]["detail"]
        assert erased[0]["from"] == "127.0.0.1" and erased[0]["who"] == "the setting token"
        assert told("--before", "2001-01-01") == []
        assert "acme-desk" in sotto("audit", "show", "--data", made.server.data)
        source.close()


def test_an_entry_that_was_changed_shows(_):
    with world() as made:
        end(live_call(made, ENDED))
        assert made.status(ADMIN, f"/v1/calls/{ENDED}") == 200
        head = made.verify().split("head ")[1].strip()
        assert made.status(ADMIN, f"/v1/calls/{ENDED}/coverage") == 200
        made.server.stop()
        made.server.start()
        assert made.status(ADMIN, f"/v1/calls/{ENDED}") == 200
        assert "none changed, none missing" in made.verify("--head", head), "also over a restart"
        made.server.stop()
        file = next(pathlib.Path(made.server.data, "access").glob("*.jsonl"))
        assert file.stat().st_mode & 0o777 == 0o600
        good = file.read_text()
        lines = good.splitlines(keepends=True)
        for bad, why in ((good.replace(ENDED, "another", 1), "was changed"), ("".join(lines[:1] + lines[2:]), "is missing"),
                         ("".join(lines[: int(head.split(":")[0]) - 1]), "is missing")):
            file.write_text(bad)
            assert why in made.verify("--head", head, code=1), why
        file.write_text(good.replace(ENDED, "another", 1))
        shown = subprocess.run([BIN, "audit", "show", "--json", "--data", made.server.data], cwd=ROOT, capture_output=True, text=True, timeout=20)
        assert shown.returncode == 1 and "was changed" in shown.stderr and len(shown.stdout.splitlines()) == len(lines) - 1, shown
        file.write_text(good)
        assert "none changed" in made.verify("--head", head)


def test_nothing_is_shown_that_cannot_be_written_down_and_calls_go_on(_):
    with world() as made:
        # Where the month's file should be there is a folder: it cannot be written.
        access = pathlib.Path(made.server.data, "access")
        assert made.status(ADMIN) == 200
        month = next(access.glob("*.jsonl"))
        made.server.stop()
        month.rename(month.with_suffix(".kept"))
        month.mkdir()
        made.server.start()
        source = ingest(made.server, ADMIN)
        source.send(start_message(LIVE, tenant="acme"))
        assert source.receive()["type"] == "started", "a source is heard whatever the access log does"
        for method, path in (("GET", f"/v1/calls/{LIVE}/events"), ("POST", f"/v1/calls/{LIVE}/pause")):
            status, text = made.server.http(method, path, "" if method == "POST" else None, bearer(ADMIN))
            assert status == 503 and "access_log_failed" in text, (path, status, text)
        status, text = made.server.http("GET", "/readyz")
        assert status == 503 and "access_log" in text, text
        month.rmdir()
        month.with_suffix(".kept").rename(month)
        deadline = time.monotonic() + 10
        while made.status(ADMIN, f"/v1/calls/{LIVE}/events") != 200:
            assert time.monotonic() < deadline, "the log can be written again"
            time.sleep(0.1)
        assert made.server.http("GET", "/readyz")[0] == 200
        types = [event["type"] for event in json.loads(made.server.http("GET", f"/v1/calls/{LIVE}/events", headers=bearer(ADMIN))[1])["events"]]
        assert "sotto.call.paused" not in types and "sotto.call.ended" not in types, "what was refused was not done"
        source.close()


if __name__ == "__main__":
    passed, failed = run_tests(dict(globals()), None, wanted=sys.argv[1:])
    print(closing_line(passed, failed))
    sys.exit(1 if failed else 0)
