#!/usr/bin/env python3
"""Real sockets through a proxy that breaks them, a few rounds of each fault: no word is lost, none comes twice. More of them: make bench NAME=asr-sockets.
Wants scripts/setup-fault-proxy. Usage: faults_test.py [SEED]"""
import sys
import time

from faulty_calls import MIXED, FaultyCalls, whole
from fault_proxy import FAULTS


def oracle_sees(call) -> str:
    """What the judge does not see, had one frame been said that was not, or not been said that was; empty: it sees both."""
    voiced = call.voiced["agent"]
    before = call.judge()
    for kind, figure in ((False, "missing_ms"), (True, "doubled_ms")):
        frame = voiced.index(kind)
        voiced[frame] = not kind
        after = call.judge()
        voiced[frame] = kind
        if after[figure] != before[figure] + 20:
            return f"{figure}: {before[figure]}, then {after[figure]}"
    return ""


def main() -> int:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 20261124
    kinds = [*FAULTS, MIXED]
    began = time.monotonic()
    with FaultyCalls(lanes=len(kinds), seed=seed) as calls:
        calls.run([(kind, 3) for kind in kinds])
        unseen = oracle_sees(calls.last) if calls.last else "no call ended"
    failed = 1 if unseen else 0
    passed = 1 - failed
    print(f"FAIL the oracle is blind: {unseen}" if unseen else "ok   the oracle sees a frame that is missing and one that was never said")
    for kind in kinds:
        outcome = calls.outcomes[kind]
        good = whole(outcome)
        passed, failed = passed + good, failed + (not good)
        print(f'{"ok  " if good else "FAIL"} {kind}: {outcome["rounds"]} rounds, {outcome["lost"]} streams lost, {outcome["voiced_ms"]} ms voiced, '
              f'{outcome["missing_ms"]} missing, {outcome["doubled_ms"]} doubled, {outcome["gap_ms"]} in gaps')
    for line in calls.complaints[:40]:
        print("    " + line)
    print(f"seed {seed}, {time.monotonic() - began:.0f} s")
    # A fault that breaks connections broke some: else the proxy did nothing, and the test shows nothing.
    breaking = ["cut at a byte", "reset", "black hole", "refused", "provider restarted"]
    if idle := [kind for kind in breaking if calls.outcomes[kind]["lost"] == 0]:
        failed += 1
        print(f"FAIL no stream was lost under: {', '.join(idle)}")
    else:
        passed += 1
        print("ok   the faults broke streams")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
