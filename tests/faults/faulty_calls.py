"""Calls over real sockets through a proxy that breaks them: `sotto serve`, whose recognisers are real servers of Deepgram's protocol that hear frame
numbers (frame_provider), each behind a line of toxiproxy. Many lanes at once: a lane has a tenant, a provider, a line, and one call after another."""
import contextlib
import pathlib
import queue
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from fault_proxy import FAULTS, ROOT, FaultProxy, free_port, strike
from frame_call import FrameCall

sys.path.insert(0, str(ROOT / "tests/system"))
from harness import BIN, Server  # noqa: E402

MIXED = "any mix of these"
SUMS = ("voiced_ms", "missing_ms", "doubled_ms", "gap_ms")


class Provider:
    def __init__(self, seed: int, folder: pathlib.Path):
        self.port, self.seed, self.log = free_port(), seed, folder / f"provider-{seed}.log"
        self.process = None
        self.start()

    def start(self):
        with open(self.log, "a") as log:
            self.process = subprocess.Popen([pathlib.Path(BIN).parent / "frame_provider", str(self.port), str(self.seed)], stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5).read()
                return
            time.sleep(0.05)
        raise RuntimeError("frame_provider does not start:\n" + self.log.read_text())

    def stop(self, how):
        self.process.send_signal(how)
        self.process.wait(20)


class FaultyCalls:
    """`outcomes`: by fault, sums over its calls; `last`: the call that ended last. A call has faults of one kind, or of all; in every second lane a provider without faults stands behind
    the faulty one in the chain, in the others there is none."""

    def __init__(self, lanes: int, seed: int, report=lambda line: None):
        self.lanes, self.seed, self.report = lanes, seed, report
        self.outcomes, self.lock, self.complaints = {}, threading.Lock(), []
        self.last = None

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        folder = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.proxy = self.stack.enter_context(FaultProxy(folder))
        self.providers = []
        self.stack.callback(lambda: [provider.process.kill() for provider in self.providers])
        for lane in range(self.lanes + 1):
            self.providers.append(Provider(self.seed + lane, folder))
        self.lines = [self.proxy.add(f"lane{lane}", self.providers[lane].port) for lane in range(self.lanes)]
        self.server = self.stack.enter_context(Server(settings=self._settings(folder)))
        return self

    def __exit__(self, *_):
        self.stack.close()

    def _settings(self, folder):
        # A server is ready when some tenant has rules; the lanes need none.
        rules = folder / "policies/watched/greeting.yaml"
        rules.parent.mkdir(parents=True)
        rules.write_text("- id: greeting\n  when: { elapsed: 1s }\n  then: { cue: { kind: next_step, headline: Say hello } }\n")
        remote = "  - {{ name: {}, url: \"ws://127.0.0.1:{}/v1/listen\", region: here, pace: 10 }}\n"
        chain = "  - {{ tenant: lane{0}, use: [lane{0}{1}] }}\n"
        return (f"policies: {folder}/policies\nknowledge: {folder}/knowledge\nregion: here\nrecognisers:\n"
                + "".join(remote.format(f"lane{lane}", line.port) for lane, line in enumerate(self.lines)) + remote.format("spare", self.providers[-1].port)
                + "chains:\n" + "".join(chain.format(lane, ", spare" if lane % 2 else "") for lane in range(self.lanes)))

    def run(self, calls: list[tuple[str, int]]):
        """calls: (fault or MIXED, how many of it). Every lane takes the next one when it is free."""
        waiting = queue.SimpleQueue()
        for number, (kind, strikes) in enumerate(calls):
            waiting.put((number, kind, strikes))
        workers = [threading.Thread(target=self._work, args=(lane, waiting), daemon=True) for lane in range(self.lanes)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def _work(self, lane, waiting):
        with contextlib.suppress(queue.Empty):
            while True:
                number, kind, strikes = waiting.get_nowait()
                try:
                    self._carry(lane, number, kind, strikes)
                except Exception as failure:
                    self._note(kind, number, {"rounds": 0, "lost": 0, "slowest_s": 0, **dict.fromkeys(SUMS, 0), "complaints": [f"the bench itself: {failure!r}"]})

    def _carry(self, lane, number, kind, strikes):
        chance = random.Random(self.seed * 10_000 + number)
        line, provider = self.lines[lane], self.providers[lane]
        lost = self.streams_lost(lane)
        call = FrameCall(self.server, f"call-{number}", f"lane{lane}", self.seed * 10_000 + number)
        call.start()
        call.started.wait(20)
        time.sleep(chance.uniform(1, 4))
        rounds = 0
        while rounds < strikes and not call.failure:
            rounds += 1
            fault = chance.choice(list(FAULTS)) if kind == MIXED else kind
            if rounds == strikes and chance.random() < 0.3:  # the call ends under the last one
                last = threading.Thread(target=strike, args=(fault, line, chance, provider, lambda seconds: time.sleep(min(seconds, 4))))
                last.start()
                time.sleep(0.5)
                call.hang_up()
                last.join()
                break
            strike(fault, line, chance, provider)
            time.sleep(chance.uniform(0.3, 4))
        call.hang_up()
        self._note(kind, number, call.judge() | {"rounds": rounds, "lost": self.streams_lost(lane) - lost})
        self.last = call

    def streams_lost(self, lane) -> int:
        metrics = self.server.http("GET", "/metrics")[1]
        return int(re.search(rf'sotto_engine_streams_lost\{{engine="lane{lane}"\}} (\d+)', metrics).group(1))

    def _note(self, kind, number, verdict):
        with self.lock:
            of = self.outcomes.setdefault(kind, {"calls": 0, "rounds": 0, "lost": 0, "slowest_s": 0.0, **dict.fromkeys(SUMS, 0), "complaints": 0})
            of["calls"] += 1
            of["slowest_s"] = max(of["slowest_s"], verdict["slowest_s"])
            of["complaints"] += len(verdict["complaints"])
            for key in ("rounds", "lost", *SUMS):
                of[key] += verdict[key]
            self.complaints += [f"call {number}, {kind}: {line}" for line in verdict["complaints"]]
            rounds = sum(outcome["rounds"] for outcome in self.outcomes.values())
            sums = ", ".join(f"{key} {verdict[key]}" for key in SUMS)
            self.report(f'{rounds} rounds; call {number}, {verdict["rounds"]} x {kind}: {verdict["lost"]} streams lost, {sums}'
                        + "".join(f"\n    {line}" for line in verdict["complaints"][:8]))


def whole(outcome) -> bool:
    return not (outcome["missing_ms"] or outcome["doubled_ms"] or outcome["gap_ms"] or outcome["complaints"])


def plan(rounds: int, strikes: int = 6) -> list[tuple[str, int]]:
    """Calls of each kind in turn until there are so many rounds."""
    kinds = [*FAULTS, MIXED]
    return [(kinds[number % len(kinds)], min(strikes, rounds - number * strikes)) for number in range(-(-rounds // strikes))]
