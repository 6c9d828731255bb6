#!/usr/bin/env python3
"""capacity: the most two-channel calls at once, with partials, whose finals keep p99 <= 900 ms (p95 below 500 finals); then the same with another
process that keeps one core busy (key `busy`). WER beside each. PLOT=FILE.svg draws both curves. CALLS and BUSY_CALLS, as 12,24: other numbers of calls."""
import contextlib
import os
import subprocess
import sys

from live import percentile, play, print_figure
from plot import plot

LIMIT_MS = 900


@contextlib.contextmanager
def busy_core(wanted):
    if not wanted:
        yield
        return
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def carried(counts, busy, floor, aim):
    """Prints what each number of calls cost and the most that were in time; returns (calls, that percentile) of each."""
    best, curve = 0, []
    for calls in counts:
        with busy_core(busy):
            result = play(calls, 1 if calls >= 10 else 2)  # some 300 finals at least
        finals = result["finals"]
        p = 99 if len(finals) >= 500 else 95
        value = percentile(finals, p)
        wer = round(result["edits"] / result["words"], 4)
        print_figure("capacity", f"final_p{p}_ms", value, "ms", len(finals), calls=calls, wer=wer, busy=busy)
        curve.append((calls, value))
        if value > LIMIT_MS:
            break
        best = calls
    print_figure("capacity", "calls", best, "calls", best, floor=floor, aim=aim, busy=busy)
    return curve


def numbers(name, default):
    return [int(calls) for calls in os.environ.get(name, default).split(",")]


def main():
    curves = {"alone": carried(numbers("CALLS", "12,18,24"), 0, 24, 48), "a core busy": carried(numbers("BUSY_CALLS", "10,14,18"), 1, 10, 20)}
    if "PLOT" in os.environ:
        plot(os.environ["PLOT"], curves, "calls at once", "p99 of finals (p95 below 500 of them), ms")


main()
