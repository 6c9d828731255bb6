#!/usr/bin/env python3
"""asr-sockets: the faults of asr-cuts over real sockets through toxiproxy (tests/faults). ROUNDS (1000), LANES (40) and SEED in the environment.
asr_sockets.py table: prints the table for docs/survived.md instead of the figures; progress goes to stderr."""
import json
import os
import sys
import time

from live import ROOT

sys.path.insert(0, str(ROOT / "tests/faults"))
from faulty_calls import MIXED, SUMS, FaultyCalls, plan, whole  # noqa: E402
from fault_proxy import FAULTS  # noqa: E402

HEAD = """
## Over real sockets

Made by `scripts/setup-fault-proxy && ROUNDS={rounds} python3 bench/asr_sockets.py table >> docs/survived.md`, seed {seed}, {lanes} calls at once: `sotto
serve`, its recognisers real servers of the protocol whose words are the same frame numbers, and toxiproxy between them. In every second lane a
provider without faults stands behind the faulty one in the chain. Streams lost: recogniser streams that broke and were opened again. Slowest: from a
word's end to the final that holds it; in health a final has up to 7 s of speech, so up to 7 s.

| fault | rounds | calls | streams lost | voiced s | missing ms | doubled ms | in explicit gaps, ms | slowest, s |
|---|---|---|---|---|---|---|---|---|
"""


def table(outcomes, rounds, seed, lanes):
    print(HEAD.format(rounds=rounds, seed=seed, lanes=lanes), end="")
    for kind in [*FAULTS, MIXED]:
        if of := outcomes.get(kind):
            print(f'| {kind} | {of["rounds"]} | {of["calls"]} | {of["lost"]} | {of["voiced_ms"] // 1000} | {of["missing_ms"]} | {of["doubled_ms"]} | '
                  f'{of["gap_ms"]} | {of["slowest_s"]:.1f} |')


def figures(outcomes, seed, complaints):
    sums = {key: sum(outcome[key] for outcome in outcomes.values()) for key in ("rounds", "calls", "lost", *SUMS)}
    shared = {"unit": "ms", "rounds": sums["rounds"], "transport": "toxiproxy", "sockets": "real", "seed": seed, "floor": 0, "aim": 0, "floor_rounds": 300,
              "aim_rounds": 1000}
    print(json.dumps({"bench": "asr-cuts", "figure": "missing_ms", "value": sums["missing_ms"] + sums["gap_ms"], **shared, "voiced_ms": sums["voiced_ms"],
                      "gap_ms": sums["gap_ms"], "streams_lost": sums["lost"], "calls": sums["calls"], "complaints": len(complaints)}))
    print(json.dumps({"bench": "asr-cuts", "figure": "doubled_ms", "value": sums["doubled_ms"], **shared}))


def main() -> int:
    rounds, lanes, seed = (int(os.environ.get(name) or usual) for name, usual in (("ROUNDS", 1000), ("LANES", 40), ("SEED", 20261124)))
    began = time.monotonic()
    with FaultyCalls(lanes, seed, report=lambda line: print(f"{time.monotonic() - began:.0f} s: {line}", file=sys.stderr, flush=True)) as calls:
        calls.run(plan(rounds))
    if sys.argv[1:] == ["table"]:
        table(calls.outcomes, rounds, seed, lanes)
    else:
        figures(calls.outcomes, seed, calls.complaints)
    print(f"{rounds} rounds in {time.monotonic() - began:.0f} s", file=sys.stderr)
    return 0 if all(whole(outcome) for outcome in calls.outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
