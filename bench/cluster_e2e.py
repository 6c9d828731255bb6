#!/usr/bin/env python3
"""cluster-e2e: the ten calls of e2e.py through a process of its own for each role, over a PostgreSQL whose commits reach the disk and
Redis, and through the default, one process with its store in a file, in turns in one run. REPEATS (2) of each call and ROUNDS (1) in
the environment. `final_added_ms`, `cue_added_ms`: p99 through the cluster less p99 through the default."""
import contextlib
import os
import sys

from live import NEVER_MS, ROOT, embedded, percentile, play, print_figure

sys.path.insert(0, str(ROOT / "tests/system"))
import cluster_test  # noqa: E402
import stores  # noqa: E402
from harness import BIN  # noqa: E402

CALLS = 10
PROCESSES = ["gateway_a", "guide_a", "pages"]


@contextlib.contextmanager
def cluster(settings):
    with stores.Shared(BIN, durable=True) as shared, cluster_test.Cluster(shared, PROCESSES, settings) as processes:
        yield processes.gateway_a, processes.pages


def main():
    repeats, rounds = int(os.environ.get("REPEATS", "2")), int(os.environ.get("ROUNDS", "1"))
    ways = {"embedded": embedded, "cluster": cluster}
    late = {way: {"finals": [], "cues": []} for way in ways}
    for number in range(rounds):
        for way in list(ways)[::-1 if number % 2 else 1]:
            result = play(CALLS, repeats, ways[way])
            for what, values in late[way].items():
                values += result[what]
    for figure, what in (("final_added_ms", "finals"), ("cue_added_ms", "cues")):
        theirs, ours = late["embedded"][what], late["cluster"][what]
        of = {f"{way}_p{p}_ms": round(percentile(late[way][what], p), 1) for way in ways for p in (50, 99)}
        never = {f"{way}_never": sum(value >= NEVER_MS for value in late[way][what]) for way in ways}
        print_figure("cluster-e2e", figure, percentile(ours, 99) - percentile(theirs, 99), "ms", len(ours), floor=60, aim=20, embedded_n=len(theirs),
                     added_p50_ms=round(percentile(ours, 50) - percentile(theirs, 50), 1), calls=CALLS, **of, **never)


main()
