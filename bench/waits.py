#!/usr/bin/env python3
"""waits: what each pair of waits at an endpoint costs and spoils. `false_cutoffs` is the share of turns that an endpoint cut, on the demo calls
and, with SOTTO_DATA, on recorded calls of people; `wait_p50_ms` and `wait_p99_ms` are from the last voice of an endpoint's final until the final is
out. PLOT=FILE.svg also draws the curve. In virtual time: a minute a pair of waits."""
import os

import turn_ends
from live import percentile, print_figure
from plot import plot

PAIRS = [(264, 504), (384, 744), (520, 984), (648, 1224), (904, 1704)]


def main():
    sets = {"demo": list(turn_ends.demo())}
    if "SOTTO_DATA" in os.environ:
        sets["recorded"] = list(turn_ends.recorded())
    curves = {name: [] for name in sets}
    for waits in PAIRS:
        for name, calls in sets.items():
            finals = turn_ends.heard(calls, waits)
            hits, n = turn_ends.cuts(calls, finals)
            late = [final["at_ms"] - final["end_ms"] for of_call in finals for final in of_call if final["reason"] == "endpoint"]
            keys = {"set": name, "finished_ms": waits[0], "open_ms": waits[1]}
            print_figure("waits", "false_cutoffs", hits / n, "share", n, interval=turn_ends.interval(hits, n), **keys)
            for p in (50, 99):
                print_figure("waits", f"wait_p{p}_ms", percentile(late, p), "ms", len(late), **keys)
            curves[name].append((percentile(late, 50), hits / n))
    if "PLOT" in os.environ:
        plot(os.environ["PLOT"], curves, "median wait for a final, ms", "turns that were cut", marked=384)


main()
