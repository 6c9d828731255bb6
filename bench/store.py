#!/usr/bin/env python3
"""store: bench_store against a PostgreSQL of its own (commits reach the disk), beside pgbench that sends the same rows in
batches as large as ours were, over as many connections as ours has, in the same run."""
import json
import pathlib
import subprocess
import sys
import tempfile

import yaml

from live import ROOT, print_figure

sys.path.insert(0, str(ROOT / "tests/system"))
import stores  # noqa: E402

SECONDS = 10
CLIENTS = 2  # connections that append, of ours
BIN = ROOT / ".cache/servers/usr/lib/postgresql/15/bin"


def literal(values, kind):
    return "ARRAY[" + ",".join(values) + f"]::{kind}[]"


def peer_script(batch, bodies):
    """The rows of `batch` appends in statements like ours, with values as text that the server must read. Each turn writes the
    same calls, others for each client, with new numbers of events."""
    calls = [f"'{i}'" for i in range(batch)]
    twice = [call for call in calls for _ in range(2)]
    body = [f"'\\x{'ab' * length}'" for _ in range(batch) for length in bodies]
    kinds = [f"'{kind}'" for _ in range(batch) for kind in ("sotto.utterance.final", "sotto.cue.shown")]
    mine = "'peer-' || :client_id || '-' || call"
    once = f"FROM unnest({literal(calls, 'text')}) AS n(call)"
    return "\n".join([
        "BEGIN;",
        "SELECT set_config('sotto.tenant', '*', true);",
        f"SELECT id, last_number FROM sotto.calls WHERE id IN (SELECT {mine} {once}) ORDER BY id FOR NO KEY UPDATE;",
        f"UPDATE sotto.tracks AS t SET decided = decided + 16000 {once} WHERE t.call = {mine.replace('call', 'n.call')} AND t.track = 0;",
        f"INSERT INTO sotto.ledger SELECT {mine}, 'bench', 0, nextval('peer'), 1, 1, 1, '' {once};",
        f"INSERT INTO sotto.events(sequence, call, tenant, number, type, time_us, body) SELECT nextval('peer'), {mine}, 'bench', nextval('peer'), type, 1, body FROM unnest({literal(twice, 'text')}, {literal(kinds, 'text')}, {literal(body, 'bytea')}) AS n(call, type, body);",
        f"UPDATE sotto.calls AS c SET last_number = last_number + 2, cues = cues + 1 {once} WHERE c.id = {mine.replace('call', 'n.call')};",
        f"UPDATE sotto.parts AS p SET batch = batch + 1, first = first + 2 {once} WHERE p.call = {mine.replace('call', 'n.call')} AND p.part = 0;",
        "COMMIT;"]) + "\n"


def peer(server, batch, bodies, folder):
    sql = lambda text: server.sql(text, "bench")
    ids = f"'peer-' || c || '-' || i"
    each = f"FROM generate_series(0, {CLIENTS - 1}) AS c, generate_series(0, {batch - 1}) AS i"
    sql("CREATE SEQUENCE peer START 1000000000000000; GRANT USAGE ON SEQUENCE peer TO sotto")
    sql(f"INSERT INTO sotto.calls(id, tenant, region, team, agent, started_us, info, resume_digest, key) SELECT {ids}, 'bench', '', '', '', 1, '', '', 1 {each}")
    sql(f"INSERT INTO sotto.tracks(call, tenant, track, decided) SELECT {ids}, 'bench', 0, 0 {each}")
    sql(f"INSERT INTO sotto.parts(call, tenant, part, started_us, fence, owner, lease_until) SELECT {ids}, 'bench', 0, 1, 1, 'x', 'infinity' {each}")
    sql("ANALYZE")
    script = pathlib.Path(folder) / "peer.sql"
    script.write_text(peer_script(batch, bodies))
    done = subprocess.run([BIN / "pgbench", "-h", server.folder, "-U", "sotto", "-n", "-c", str(CLIENTS), "-j", str(CLIENTS), "-T", str(SECONDS), "-f", script, "bench"],
                          check=True, capture_output=True, text=True)
    transactions = float(next(line for line in done.stdout.splitlines() if line.startswith("tps")).split()[2])
    return transactions * batch


def main():
    server = stores.PostgreSQL()
    try:
        with tempfile.TemporaryDirectory() as folder:
            server.sql("CREATE ROLE sotto LOGIN")
            server.sql("CREATE DATABASE bench")
            config = pathlib.Path(folder) / "config.yaml"
            config.write_text(yaml.safe_dump({"store": {"postgresql": server.address("bench"), "cluster": "bench", "epochs": f"{folder}/made/epochs"}}))
            subprocess.run([ROOT / "build/sotto", "store", "migrate", "--config", config, "--as", server.address("bench", "owner")], check=True, capture_output=True)
            server.sql("DELETE FROM sotto.epochs", "bench")
            commits = lambda: int(server.sql("SELECT count(DISTINCT sequence >> 20) FROM sotto.events WHERE call LIKE 'many-%' AND number > 1", "bench"))
            done = subprocess.run([ROOT / "build/bench_store", server.address("bench"), f"{folder}/epochs"], check=True, capture_output=True, text=True)
            figures = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
            appended = next(figure for figure in figures if figure["figure"] == "per_s")
            batch = max(1, round(int(server.sql("SELECT count(*) / 2 FROM sotto.events WHERE call LIKE 'many-%' AND number > 1", "bench")) / commits()))
            bodies = [int(round(float(server.sql(f"SELECT avg(length(body)) FROM sotto.events WHERE type = '{kind}'", "bench")))) for kind in ("sotto.utterance.final", "sotto.cue.shown")]
            theirs = peer(server, batch, bodies, folder)
            print_figure("store", "per_s", appended["value"], "1/s", appended["n"], calls=appended["calls"], peer="pgbench, same rows in equal batches, two connections each",
                         peer_per_s=round(theirs), ratio=round(appended["value"] / theirs, 3), batch=batch, floor_ratio=0.6, aim_ratio=0.9)
            for figure in figures:
                if figure["figure"] != "per_s":
                    print(json.dumps(figure), flush=True)
    finally:
        server.close()


main()
