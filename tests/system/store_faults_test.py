#!/usr/bin/env python3
"""PostgreSQL and Redis fail under a cluster that carries a call: a fail-over, a full disk, syncs that fail, data that are gone. Nothing that was acknowledged
is lost, nothing is doubled or out of order, the page says "Not saved" within 2 s, and everything is stored afterwards. Arguments choose by words of the name."""
import contextlib
import datetime
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import crash
import faulty_stores
import stores
from cluster_test import TEXT, Cluster, page, play
from faulty_stores import wait
from harness import BIN, closing_line, of_type, render, run_tests, skipped
from stores import Skip

TOLD_WITHIN = 2.0  # the page must say it in so many seconds


def seconds_of(event):
    return datetime.datetime.fromisoformat(event["time"]).timestamp()


class WatchingPage(threading.Thread):
    """Follows a call as an agent's page does, and notes what it was told, and when."""

    def __init__(self, cluster, call):
        super().__init__(daemon=True)
        self.socket = page(cluster.pages, call)
        self.first, self.numbers = None, []  # the snapshot's number, and those after it as they came
        self.saved = []  # (when it was told, whether all is saved)
        self.waiting = []  # when each was said that was told before it was stored
        self.start()
        wait(lambda: self.first is not None, "the page")

    def run(self):
        while (message := self.socket.receive()) is not None:
            if message["type"] == "snapshot":
                self.first, self.numbers = message["call"]["number"], []
            for event in message.get("events", []):
                self.note(event)

    def note(self, event):
        if event["number"] > 0:
            self.numbers.append(event["number"])
        elif event.get("unpersisted") and event["type"] != "sotto.call.health":
            self.waiting.append(seconds_of(event))
        if event["type"] == "sotto.call.health":
            self.saved.append((time.time(), event["data"]["saved"]))

    def says_not_saved(self):
        return bool(self.saved) and not self.saved[-1][1]

    def says_saved(self):
        return bool(self.saved) and self.saved[-1][1]

    def expect_told_in_time(self, fault):
        """That something is not saved, counted from the fault, or from the first words that could not be stored."""
        assert self.waiting, "captions went on meanwhile"
        told = next(at for at, saved in self.saved if not saved and at >= fault)
        since = max(fault, min(self.waiting))
        assert told - since <= TOLD_WITHIN, (told - fault, told - since)

    def expect_all(self, events):
        """Every event of the call came to it, once and in order."""
        self.join(20)
        stored = [event["number"] for event in events]
        assert stored == list(range(1, len(stored) + 1)), stored
        assert self.numbers == stored[self.first:], (self.first, self.numbers, stored)
        assert not self.says_not_saved(), self.saved


def play_through(cluster, call, audio, fault):
    """A call during which a fault happens: `fault(page)`. Its events."""
    watching = []

    def meanwhile():
        watching.append(WatchingPage(cluster, call))
        fault(watching[0])

    source, events = play(cluster, call, audio, meanwhile)
    watching[0].expect_all(events)
    assert source.seen and of_type(events, "cue.shown"), [event["type"] for event in events]
    return watching[0]


def refusals(cluster):
    """Of the store, as the gateways count them."""
    lines = [line for gateway in cluster.gateways for line in gateway.http("GET", "/metrics")[1].splitlines()]
    return sum(float(line.split()[-1]) for line in lines if line.startswith("sotto_store_failures_total "))


def without_store(cluster, call, audio, fault, heal, supervise=lambda: None, refused=3):
    """`fault()` takes the store away and `heal()` lets it come back, after so many refusals. `supervise()`, as a supervisor does all the while."""
    def happens(watched):
        before, at = refusals(cluster), time.time()
        fault()
        wait(watched.says_not_saved, "what the page says of a store that is away", 10)
        wait(lambda: supervise() or refusals(cluster) >= before + refused, "a store that is asked again and again")
        assert watched.says_not_saved()
        heal()
        wait(lambda: supervise() or watched.says_saved(), "that all is saved again")
        watched.expect_told_in_time(at)

    play_through(cluster, call, audio, happens)


def without_bus(cluster, call, audio, fault):
    """`fault()` takes Redis away for a while: the store has everything, and the page is told so."""
    def happens(watched):
        fault()
        cluster.wait(lambda: all("come late" not in process.http("GET", "/readyz")[1] for process in cluster.processes.values()), 60, "the bus")
        assert all(process.http("GET", "/readyz")[0] == 200 for process in cluster.processes.values())

    watched = play_through(cluster, call, audio, happens)
    assert all(saved for _, saved in watched.saved), watched.saved


# --- PostgreSQL with a synchronous replica ---

class WithReplica:
    def make(self):
        return stores.Shared(BIN, postgresql=faulty_stores.ReplicatedPostgreSQL)

    # Commits wait: what is written is on the first server alone, and nobody is told that it is there.
    def test_a_replica_that_is_away_holds_up_what_is_saved_and_loses_nothing(self, cluster, audio):
        replica = cluster.shared.postgresql.replica
        without_store(cluster, "no-replica", audio, lambda: replica.stop("immediate"), replica.start, refused=0)

    # The last of this group: from then on there is one server.
    def test_a_replica_that_is_promoted_has_everything_and_calls_go_on_there(self, cluster, audio):
        server = cluster.shared.postgresql
        without_store(cluster, "fail-over", audio, lambda: server.stop("immediate"), lambda: server.replica.script("promote"))


# --- PostgreSQL on a disk that can be filled ---

class OnSmallDisk:
    def make(self):
        return stores.Shared(BIN, postgresql=faulty_stores.PostgreSQLOnSmallDisk)

    def test_a_full_disk_under_postgresql_is_waited_for(self, cluster, audio):
        server = cluster.shared.postgresql
        without_store(cluster, "full-disk", audio, server.fill, server.disk.free, server.start_if_ended)


# --- PostgreSQL whose syncs fail ---

class WithFailingSyncs:
    def make(self):
        return stores.Shared(BIN, postgresql=faulty_stores.PostgreSQLWithFailingSyncs)

    def test_syncs_of_the_write_ahead_log_that_fail_under_postgresql_lose_nothing(self, cluster, audio):
        server = cluster.shared.postgresql
        before = server.said("PANIC")
        without_store(cluster, "failing-fdatasync", audio, lambda: server.fail("fdatasync"), server.heal, server.start_if_ended)
        assert server.said("PANIC") > before, "it ended itself"

    def test_syncs_of_the_tables_that_fail_under_postgresql_lose_nothing(self, cluster, audio):
        server = cluster.shared.postgresql
        before = server.said("PANIC")

        def fault():
            server.fail("fsync")
            with contextlib.suppress(subprocess.CalledProcessError):  # tables are synced when there is a checkpoint
                server.sql("CHECKPOINT")

        without_store(cluster, "failing-fsync", audio, fault, server.heal, server.start_if_ended)
        assert server.said("PANIC") > before, "it ended itself"


# --- Redis ---

class WithSentinels:
    def make(self):
        return stores.Shared(BIN, redis=faulty_stores.WatchedRedis)

    def test_a_replica_of_redis_that_sentinels_promote_is_used(self, cluster, audio):
        redis = cluster.shared.redis

        def fail_over():
            redis.primary.kill()
            # Two seconds later it may be over: it is looked for where it stays.
            cluster.wait(lambda: "the bus does not work" in cluster.pages.log.read_text(), what="what is said of the bus")
            wait(lambda: "role:master" in redis.replica.script("cli", "INFO"), "the new primary", 60)

        without_bus(cluster, "redis-fail-over", audio, fail_over)


class WithRedisOnDisk:
    def make(self):
        return stores.Shared(BIN, redis=lambda: stores.Redis(["--appendonly", "yes"]))

    def test_a_redis_whose_data_folder_was_deleted_is_used_again(self, cluster, audio):
        redis = cluster.shared.redis

        def delete():
            redis.kill()
            assert any(pathlib.Path(redis.folder).iterdir()), "it had something"
            shutil.rmtree(redis.folder)
            cluster.wait(lambda: "come late" in cluster.pages.http("GET", "/readyz")[1], what="what is said of the bus")
            redis.start()

        without_bus(cluster, "redis-deleted", audio, delete)


GROUPS = [WithReplica, OnSmallDisk, WithFailingSyncs, WithSentinels, WithRedisOnDisk]


def run_group(group, audio, wanted):
    """The tests of a group over servers and processes of their own."""
    tests = {name: getattr(group, name) for name in dir(group) if name.startswith("test_") and (not wanted or any(word in name for word in wanted))}
    if not tests:
        return 0, 0
    try:
        with group.make() as shared, Cluster(shared) as cluster:
            passed, failed = run_tests(tests, cluster, audio)
            if failed:
                print(cluster.logs())
            return passed, failed
    except Skip as why:
        for name in tests:
            skipped.append(name)
            print(f"skip {name}: {why}", flush=True)
        return 0, 0
    except Exception:
        print(f"FAIL {type(group).__name__}: its servers\n{traceback.format_exc()}", flush=True)
        return 0, len(tests)


def main():
    with tempfile.TemporaryDirectory() as folder:
        # So long that words are said while the store is away, and after it is back.
        wav = render(folder, [{"id": "faults", "voice": "slt", "text": " ".join([TEXT] * 6)}])[0]
        audio = crash.read_mulaw(wav)
        results = [run_group(group(), audio, sys.argv[1:]) for group in GROUPS]
    passed, failed = (sum(counts) for counts in zip(*results))
    print(closing_line(passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
