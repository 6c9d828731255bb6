#!/usr/bin/env python3
"""drain: every process of a cluster (two gateways, two orchestrators, two of pages and API, one of webhooks) is told to end
(SIGTERM) and started again, one after another and from the first again, under eight calls at the speed of speech; and the same calls
without. A call lasts SECONDS (180) in the environment; restarts stop 15 s before its end.
`ended`: calls that something else than their source ended. `lost`: words and cues that are not stored as they were told, or stored
and never told to the one who follows the call. `final_added_ms`: how late finals come to their follower after the last of their
words was said, p99 of those said while processes were restarted less p99 of the quiet run."""
import os
import signal
import sys
import tempfile
import time

from followed import Source, account, audio, came_at, cluster_test, new_counts, settings
from live import percentile, print_figure

import stores
from harness import BIN

CALLS = 8
PAUSE = 1.0  # between two processes
QUIET_END = 15  # seconds of a call after the last restart


def restart(cluster, until):
    """One process after another until then: how many, of which kinds."""
    restarts = {}
    while time.monotonic() < until:
        for name, process in cluster.processes.items():
            if time.monotonic() >= until:
                break
            process.stop(signal.SIGTERM)
            process.start()
            kind = cluster_test.ROLES[name]
            restarts[kind] = restarts.get(kind, 0) + 1
            time.sleep(PAUSE)
    return restarts


def wait_for_words(cluster, sources):
    for source in sources:
        cluster.wait(lambda: source.committed > 0 or not source.is_alive(), what=f"the first words of {source.call}")


def measure(cluster, name, samples, restarting):
    sources = [Source(cluster, f"{name}-{number}", samples) for number in range(CALLS)]
    for number, source in enumerate(sources):
        source.at = number  # half of them at either gateway
        source.start()
        time.sleep(0.4)
    wait_for_words(cluster, sources)
    began = time.time()
    seconds = len(samples) / 8000
    until = sources[0].began + seconds - QUIET_END
    restarts = restart(cluster, until) if restarting else {}
    time.sleep(max(0, until - time.monotonic()))
    over = time.time()
    counts, late = new_counts(), []
    for source in sources:
        source.join(seconds + 60)
        for event in account(cluster, source, counts):
            if event["type"] != "sotto.utterance.final" or not source.began:
                continue
            spoken, came = source.spoken(event["data"]), came_at(source, event)
            if began <= spoken <= over and came is not None:
                late.append((came - spoken) * 1000)
    print(f"{name}: {counts}, restarts {restarts}", file=sys.stderr)
    return counts, late, restarts


def main():
    seconds = float(os.environ.get("SECONDS", "180"))
    with tempfile.TemporaryDirectory() as folder:
        samples = audio(folder, seconds)
        with stores.Shared(BIN, durable=True) as shared, cluster_test.Cluster(shared, list(cluster_test.ROLES), settings(folder)) as cluster:
            quiet, quiet_late, _ = measure(cluster, "quiet", samples, False)
            counts, late, restarts = measure(cluster, "drained", samples, True)
    same = {"calls": CALLS, "restarts": sum(restarts.values()), "by_role": restarts}
    print_figure("drain", "ended", counts["ended"], "count", CALLS, floor=0, aim=0, quiet_ended=quiet["ended"], **same)
    print_figure("drain", "lost", counts["lost"], "count", counts["utterances"] + counts["cues"], floor=0, aim=0, utterances=counts["utterances"], cues=counts["cues"],
                 doubled=counts["doubled"], quiet_lost=quiet["lost"], followers_cut=counts["cuts"], **same)
    print_figure("drain", "final_added_ms", percentile(late, 99) - percentile(quiet_late, 99), "ms", len(late), floor=300, aim=50, p99_ms=round(percentile(late, 99)),
                 quiet_p99_ms=round(percentile(quiet_late, 99)), p50_ms=round(percentile(late, 50)), quiet_p50_ms=round(percentile(quiet_late, 50)), quiet_n=len(quiet_late), **same)


main()
