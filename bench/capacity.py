#!/usr/bin/env python3
"""capacity: the most two-channel calls at once, with partials, whose finals keep p99 <= 900 ms (p95 below 500 finals)."""
from live import percentile, play, print_figure

LIMIT_MS = 900


def main():
    best = 0
    for calls in (12, 18, 24):
        result = play(calls, 2 if calls < 20 else 1)  # 500 finals at least
        finals = result["finals"]
        p = 99 if len(finals) >= 500 else 95
        value = percentile(finals, p)
        print_figure("capacity", f"final_p{p}_ms", value, "ms", len(finals), calls=calls, wer=round(result["edits"] / result["words"], 4))
        if value > LIMIT_MS:
            break
        best = calls
    print_figure("capacity", "calls", best, "calls", best, floor=12, aim=24)


main()
