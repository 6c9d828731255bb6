#!/usr/bin/env python3
"""bus: how late what one process tells comes to a follower in another: bench_bus, 1,000 a second, over a Redis of its own, in turns
with a bare pair of XADD and XREAD with entries as long. `p50_ms`, `p99_ms`: from append() to a log in PostgreSQL, whose commits
reach the disk, to the follower; `from_publish_p50_ms`, `from_publish_p99_ms`: from publish(), which compares with the bare pair's
`peer_p50_ms`, `peer_p99_ms`. ROUNDS (5) in the environment; a round is two seconds of each."""
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import yaml

from live import ROOT, percentile, print_figure

sys.path.insert(0, str(ROOT / "tests/system"))
import stores  # noqa: E402

RATE = 1000


def make_store(server, name, folder):
    """A store of cluster "bench" without an epoch, so that bench_bus makes one under a key of its own: its address and epochs."""
    server.sql(f"CREATE DATABASE {name}")
    config = pathlib.Path(folder) / f"{name}.yaml"
    config.write_text(yaml.safe_dump({"store": {"postgresql": server.address(name), "cluster": "bench", "epochs": f"{folder}/{name}/made"}}))
    subprocess.run([ROOT / "build/sotto", "store", "migrate", "--config", config, "--as", server.address(name, "owner")], check=True, capture_output=True)
    server.sql("DELETE FROM sotto.epochs", name)
    return [server.address(name), f"{folder}/{name}.epochs"]


def run(*args):
    done = subprocess.run([ROOT / "build/bench_bus", *args], check=True, stdout=subprocess.PIPE, text=True, timeout=120)
    return json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))


def main():
    rounds = int(os.environ.get("ROUNDS", "5"))
    late, told = {kind: [] for kind in ("peer", "bus", "log")}, {"peer": 0, "bus": 0, "log": 0}
    with contextlib.ExitStack() as servers, tempfile.TemporaryDirectory() as folder:
        server = stores.PostgreSQL()
        servers.callback(server.close)
        redis = stores.Redis()
        servers.callback(redis.close)
        server.sql("CREATE ROLE sotto LOGIN")
        for number in range(rounds):
            store = make_store(server, f"bench{number}", folder)
            for kind, more in (("peer", []), ("bus", []), ("log", store)):
                result = run(kind, f"{redis.folder}/socket", *more)
                late[kind] += result["late_ms"]
                told[kind] += result["told"]
    missing = {kind: told[kind] - len(late[kind]) for kind in late}
    for p, floor, aim in ((50, 3, 1), (99, 20, 5)):
        peer = percentile(late["peer"], p)
        print_figure("bus", f"p{p}_ms", percentile(late["log"], p), "ms", len(late["log"]), floor=floor, aim=aim, rate=RATE, missing=missing["log"],
                     **{f"peer_p{p}_ms": round(peer, 3)}, peer="XADD and XREAD, entries as long")
        print_figure("bus", f"peer_p{p}_ms", peer, "ms", len(late["peer"]), rate=RATE, missing=missing["peer"])
        print_figure("bus", f"from_publish_p{p}_ms", percentile(late["bus"], p), "ms", len(late["bus"]), rate=RATE, missing=missing["bus"])


main()
