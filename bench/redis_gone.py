#!/usr/bin/env python3
"""redis-gone: Redis loses all it has, or is away, under six calls, and two more begin meanwhile; one process for each role, at the
speed of speech. `fault`: flushall (FLUSHALL), data-deleted (killed, its files deleted, started again at once) or gone (killed,
started again after a minute with what its files hold; SECONDS in the environment for another time).
`lost`: words and cues that are not stored as they were told, or stored and never told to the one who follows the call, gaps, calls
that did not end. `late_s`: the latest that a final or a cue of the time from the fault on came to its follower, after it was made
or, where that was before, after the return of Redis. Its counter-figures: the same before the fault, and while Redis was away."""
import os
import pathlib
import shutil
import sys
import tempfile
import time

from followed import Source, account, audio, came_at, cluster_test, new_counts, settings, time_of
from live import print_figure

import stores
from harness import BIN

PROCESSES = ["gateway_a", "guide_a", "pages"]
CALLS, MORE = 6, 2  # before the fault, meanwhile
BEFORE, AFTER = 15, 20  # seconds of a call before the fault and after it


def flush(redis):
    redis.script("cli", "FLUSHALL")


def delete_data(redis):
    redis.kill()
    for path in pathlib.Path(redis.folder).iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    redis.start()


FAULTS = {"flushall": (flush, None), "data-deleted": (delete_data, None), "gone": (stores.Redis.kill, stores.Redis.start)}


def begin(cluster, name, numbers, samples):
    sources = [Source(cluster, f"{name}-{number}", samples) for number in numbers]
    for source in sources:
        source.start()
        time.sleep(0.5)
    return sources


def break_redis(cluster, fault, away, samples):
    """Calls of the whole time, and when Redis went and came back."""
    breaks, mends = FAULTS[fault]
    sources = begin(cluster, fault, range(CALLS), samples)
    time.sleep(BEFORE)
    went = time.time()
    breaks(cluster.shared.redis)
    time.sleep(away / 2)
    sources += begin(cluster, fault, range(CALLS, CALLS + MORE), samples)
    time.sleep(away / 2)
    if mends:
        mends(cluster.shared.redis)
    return sources, went, time.time()


def lateness(source, stored, went, back):
    """By when an event was made: before the fault, while Redis was away, and from the fault on, counted from the return."""
    out = {"before": [], "away": [], "after": []}
    for event in stored:
        made, came = time_of(event), came_at(source, event)
        if came is None:
            continue  # counted as lost
        if made < went:
            out["before"].append(came - made)
            continue
        if made < back:
            out["away"].append(came - made)
        out["after"].append(max(0.0, came - max(made, back)))
    return out


def measure(fault, seconds):
    away = seconds if FAULTS[fault][1] else 0.0
    counts = new_counts()
    late = {"before": [], "away": [], "after": []}
    with tempfile.TemporaryDirectory() as folder:
        samples = audio(folder, BEFORE + away + AFTER)
        with stores.Shared(BIN, durable=True, redis=lambda: stores.Redis(["--appendonly", "yes"])) as shared, \
                cluster_test.Cluster(shared, PROCESSES, settings(folder)) as cluster:
            sources, went, back = break_redis(cluster, fault, away, samples)
            for source in sources:
                source.join(len(samples) / 8000 + 60)
                of_call = lateness(source, account(cluster, source, counts), went, back)
                for when, values in of_call.items():
                    late[when] += values
    print(f"{fault}: {counts}", file=sys.stderr)
    same = {"fault": fault, "away_s": round(away, 1), "calls": CALLS + MORE}
    print_figure("redis-gone", "lost", counts["lost"], "count", len(late["before"]) + len(late["after"]), floor=0, aim=0, utterances=counts["utterances"],
                 cues=counts["cues"], doubled=counts["doubled"], followers_cut=counts["cuts"], **same)
    print_figure("redis-gone", "late_s", max(late["after"], default=float("nan")), "s", len(late["after"]), floor=5, aim=2,
                 before_s=round(max(late["before"], default=0), 3), while_away_s=round(max(late["away"], default=0), 3), **same)


def main():
    seconds = float(os.environ.get("SECONDS", "60"))
    for fault in sys.argv[1:] or FAULTS:
        measure(fault, seconds)


main()
