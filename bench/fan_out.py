#!/usr/bin/env python3
"""fan-out: how fast what is told reaches many followers: bench_fan_out against Sotto (the default, one process with its store in a
file) and against npm ws, in turns, with the same client, messages as long and the same rounds. What is told is an item of the
checklist that is ticked by hand and taken back: Sotto stores each before it is told, the peer keeps nothing. A call takes 2,048
followers at most (limits::kSubscribersMax), so that 5,000 sockets follow three calls; the peer's are shared out alike.
`deliveries_per_s`: eight rounds under way at a time; its `ratio` is to the peer's. `round_p99_ms`: five rounds a second, each from
its request until the last socket was told. `client_cpu`: what of a core the client took, at most, in a burst. TURNS (2) in the
environment."""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from live import ROOT, percentile, print_figure

sys.path.insert(0, str(ROOT / "tests/system"))
from harness import Server, Socket, start_message  # noqa: E402

SOCKETS = [int(n) for n in os.environ.get("SOCKETS", "1000 5000").split()]
FOLLOWERS = 2000  # of a call, at most
RULE = '- id: fan.out\n  when: { phrase: "nobody ever says this" }\n  then: { checklist: { item: told, label: "Told" } }\n'
MODULES = ROOT / ".cache/fan-out-peer"


class Calls:
    """Live calls without words, for as long as the block lasts."""

    def __init__(self, server, names):
        self.server, self.names, self.sources = server, names, []

    def __enter__(self):
        for name in self.names:
            source = Socket(self.server, "/v1/ingest")
            source.send(start_message(name, tracks=["customer"]))
            assert source.receive()["type"] == "started"
            threading.Thread(target=lambda s=source: [None for _ in iter(s.receive, None)], daemon=True).start()
            self.sources.append(source)
        return self

    def __exit__(self, *_):
        for source in self.sources:
            source.send({"type": "end"})


def tick(server, call, ticked):
    body = json.dumps({"ticked": ticked, "reason": "round 00000"})
    deadline = time.monotonic() + 5  # until the call is guided
    while (answer := server.http("POST", f"/v1/calls/{call}/checklist/told", body))[0] == 409 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert answer[0] == 200, answer


def messages_of(server):
    """What Sotto tells its followers by: the peer's messages are the same but for their numbers and times."""
    with Calls(server, ["fan-shape"]):
        page = Socket(server, "/v1/subscribe")
        ticket = json.loads(server.http("POST", "/v1/tickets", '{"call": "fan-shape"}')[1])["ticket"]
        page.send({"type": "subscribe", "ticket": ticket})
        out = {}
        for name, ticked in (("ticked", True), ("unticked", False)):
            tick(server, "fan-shape", ticked)
            told = page.until(lambda message: any(event["type"] == f"sotto.checklist.{name}" for event in message.get("events", [])))
            out[name] = json.dumps(told, separators=(",", ":"), ensure_ascii=False)
        page.close()
    return out


def run(port, sockets, calls):
    done = subprocess.run([ROOT / "build/bench_fan_out", str(port), str(sockets), *calls], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def measure(server, peer_port, sockets, turns):
    """{who: [a result a turn]}"""
    count = -(-sockets // FOLLOWERS)
    out = {"sotto": [], "peer": []}
    for turn in range(turns):
        calls = [f"fan-{sockets}-{turn}-{call}" for call in range(count)]
        for who in list(out)[::-1 if turn % 2 else 1]:
            if who == "peer":
                out[who].append(run(peer_port, sockets, calls))
                continue
            with Calls(server, calls):
                out[who].append(run(server.port, sockets, calls))
    return out


def report(sockets, results, size):
    ours, peers = results["sotto"], results["peer"]
    rate = {who: statistics.median(result["per_s"] for result in results[who]) for who in results}
    rounds = {who: [ms for result in results[who] for ms in result["round_ms"]] for who in results}
    missing = {"missing": sum(result["missing"] for result in ours), "peer_missing": sum(result["missing"] for result in peers)}
    same = {"sockets": sockets, "calls": -(-sockets // FOLLOWERS), "bytes": size, "peer": "npm ws 8.23.0", **missing}
    print_figure("fan-out", "deliveries_per_s", rate["sotto"], "1/s", sum(result["deliveries"] for result in ours), peer_per_s=round(rate["peer"]),
                 ratio=round(rate["sotto"] / rate["peer"], 3), floor_ratio=1.2, aim_ratio=1.5, client_cpu=max(result["client_cpu"] for result in ours + peers), **same)
    print_figure("fan-out", "round_p99_ms", percentile(rounds["sotto"], 99), "ms", len(rounds["sotto"]), floor=100, aim=30, peer_round_p99_ms=round(percentile(rounds["peer"], 99), 1),
                 round_p50_ms=round(percentile(rounds["sotto"], 50), 1), peer_round_p50_ms=round(percentile(rounds["peer"], 50), 1), rounds_per_s=5, **same)


def main():
    turns = int(os.environ.get("TURNS", "2"))
    with tempfile.TemporaryDirectory() as folder:
        tenant = pathlib.Path(folder) / "policies/demo"
        tenant.mkdir(parents=True)
        (tenant / "told.yaml").write_text(RULE)
        with Server(settings=f"policies: {folder}/policies\nknowledge: {folder}/knowledge\n") as server:
            messages = messages_of(server)
            file = pathlib.Path(folder) / "messages.json"
            file.write_text(json.dumps(messages))
            peer = subprocess.Popen(["node", ROOT / "bench/fan_out_peer.mjs", MODULES, file], stdout=subprocess.PIPE, text=True)
            try:
                peer_port = int(peer.stdout.readline())
                for sockets in SOCKETS:
                    report(sockets, measure(server, peer_port, sockets, turns), len(messages["ticked"].encode()))
            finally:
                peer.kill()
                peer.wait()


main()
