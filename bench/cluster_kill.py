#!/usr/bin/env python3
"""cluster-kill: kill -9 of a random process of a cluster (two gateways, two orchestrators, pages, PostgreSQL, Redis), several times a call,
while calls run; what was acknowledged must be there afterwards, nothing twice. ROUNDS (3), SEED and PROCESSES (all kinds; a comma between)
in the environment; a round is eight calls. `takeover_p99_s`: from the kill of a gateway until a source of its is carried again."""
import os
import pathlib
import random
import signal
import sys
import tempfile
import time

from live import ROOT, percentile, print_figure

sys.path.insert(0, str(ROOT / "tests/system"))
import cluster_test  # noqa: E402
import crash  # noqa: E402
import stores  # noqa: E402
from harness import BIN, of_type, render  # noqa: E402

CALLS = 8
KINDS = os.environ.get("PROCESSES", "gateway,orchestrator,delivery,postgresql,redis").split(",")


class TimedSource(crash.Source):
    """Notes how long it had nobody."""

    def __init__(self, *given, **named):
        super().__init__(*given, **named)
        self.lost_at, self.gaps = None, []

    def carry(self):
        self.lost_at = self.lost_at or time.monotonic()
        super().carry()
        self.lost_at = time.monotonic()

    def note(self, message):
        if message.get("type") == "started" and self.lost_at:
            if self.token and self.committed:
                self.gaps.append(time.monotonic() - self.lost_at)
            self.lost_at = None
        super().note(message)


def kill(cluster, kind, chance):
    if kind == "postgresql":
        cluster.shared.postgresql.stop("immediate")
        cluster.shared.postgresql.start()
    elif kind == "redis":
        cluster.shared.redis.kill()
        cluster.shared.redis.start()
    else:
        names = {"gateway": ["gateway_a", "gateway_b"], "orchestrator": ["guide_a", "guide_b"], "delivery": ["pages"]}[kind]
        process = cluster.processes[chance.choice(names)]
        process.stop(signal.SIGKILL)
        process.start()


def compare(cluster, source, counts):
    """Acknowledged utterances that are not there or there twice, and cues told twice."""
    counts["utterances"] += len(source.seen)
    if not source.ended:
        print(f"{source.call}: {source.failure or 'did not end'}", file=sys.stderr)
        counts["lost"] += 1
        return
    events = cluster.finished(source.call)
    finals = of_type(events, "utterance.final")
    stored = {final["utterance"]: final["text"] for final in finals}
    cues = [cue["id"] for cue in of_type(events, "cue.shown")]
    counts["cues"] += len(cues)
    counts["doubled"] += len(finals) - len(stored) + len(cues) - len(set(cues)) + sum(a["to"] > b["from"] for a, b in zip(finals, finals[1:]))
    counts["lost"] += sum(stored.get(utterance) != text for utterance, text in source.seen.items())
    rows = cluster.pages.json(f"/v1/calls/{source.call}/coverage")["tracks"]["customer"]["rows"]
    counts["lost"] += sum(row["from"] < source.committed and row["coverage"] in ("pending", "gap") and row.get("reason") != "no_words" for row in rows)
    counts["lost"] += rows[-1]["to"] < len(source.samples)


def main():
    rounds, chance = int(os.environ.get("ROUNDS", "3")), random.Random(int(os.environ.get("SEED", "1")))
    counts = {kind: {"lost": 0, "doubled": 0, "utterances": 0, "cues": 0, "kills": 0} for kind in KINDS}
    gaps = []
    with tempfile.TemporaryDirectory() as folder:
        wav = render(folder, [{"id": "kill", "voice": "slt", "text": cluster_test.TEXT}])[0]
        audio = crash.read_mulaw(pathlib.Path(wav))
        with stores.Shared(BIN, durable=True) as shared, cluster_test.Cluster(shared) as cluster:
            for number in range(rounds):
                for kind in KINDS:
                    sources = [TimedSource(cluster.gateways, f"{kind}-{number}-{call}", audio, pages=cluster.pages) for call in range(CALLS)]
                    for source in sources:
                        source.start()
                    for _ in range(chance.randint(2, 3)):
                        time.sleep(chance.uniform(0.5, 1.5))
                        kill(cluster, kind, chance)
                        counts[kind]["kills"] += 1
                    for source in sources:
                        source.join(120)
                        compare(cluster, source, counts[kind])
                        if kind == "gateway":
                            gaps += source.gaps
                    print(f"round {number + 1} of {rounds}, {kind}: {counts[kind]}", file=sys.stderr)
    for kind in KINDS:
        same = {name: counts[kind][name] for name in ("utterances", "cues", "kills")}
        for figure in ("lost", "doubled"):
            print_figure("cluster-kill", figure, counts[kind][figure], "count", rounds, process=kind, rounds=rounds, floor=0, **same)
    if gaps:
        print_figure("cluster-kill", "takeover_p99_s", percentile(gaps, 99), "s", len(gaps), process="gateway", floor=5, aim=3)


if __name__ == "__main__":
    main()
