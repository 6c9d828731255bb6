#!/usr/bin/env python3
"""e2e: 10 two-channel calls at real speed. True end of a turn -> its final at a WebSocket client; -> the cue of its trigger word.
End of each word -> the first partial or final that shows it."""
import os

import turn_ends
from live import NEVER_MS, bound_of, percentile, play, print_figure

CALLS = 10


def main():
    repeats = int(os.environ.get("REPEATS", "2"))
    result = play(CALLS, repeats)
    wer = result["edits"] / result["words"]
    finals, cues = result["finals"], result["cues"]
    same = {"calls": CALLS, "wer": round(wer, 4)}
    print_figure("e2e", "final_p50_ms", percentile(finals, 50), "ms", len(finals), floor=420, aim=350, **same)
    print_figure("e2e", "final_p95_ms", percentile(finals, 95), "ms", len(finals), **same)
    if len(finals) >= 500:
        print_figure("e2e", "final_p99_ms", percentile(finals, 99), "ms", len(finals), floor=750, aim=600, never=sum(v >= 10_000 for v in finals), **same)
    eager = result["eager"]
    print_figure("e2e", "eager_p50_ms", percentile(eager, 50), "ms", len(eager), floor=250, aim=150, **same)
    print_figure("e2e", "eager_p99_ms" if len(eager) >= 500 else "eager_p95_ms", percentile(eager, 99 if len(eager) >= 500 else 95), "ms", len(eager), floor=450, aim=300, **same)
    print_figure("e2e", "withdrawn", result["withdrawn"] / max(1, result["eager_told"]), "share", result["eager_told"], floor=0.25, aim=0.2, **same)
    held = result["held"]
    print_figure("e2e", "card_final_p95_ms", percentile(held, 95), "ms", len(held), never=sum(v >= NEVER_MS for v in held), calls=CALLS)
    print_figure("e2e", "false_cutoffs", result["cut"] / result["turns"], "share", result["turns"], floor=0.12, aim=0.05, set="demo", **same)
    if "SOTTO_DATA" in os.environ:  # people's own pauses: synthetic prosody cannot judge ends of turns
        calls = list(turn_ends.recorded())
        cuts, turns = turn_ends.cuts(calls, turn_ends.heard(calls))
        print_figure("e2e", "false_cutoffs", cuts / turns, "share", turns, set="recorded", interval=turn_ends.interval(cuts, turns))
    corrections = result["corrections"]
    print_figure("e2e", "correction_p95_ms", percentile(corrections, 95), "ms", len(corrections), floor=3000, calls=CALLS)
    lags = result["word_lags"]
    for p, floor, aim in ((50, 500, 300), (95, 900, 600)):
        print_figure("e2e", f"partial_p{p}_ms", percentile(lags, p), "ms", len(lags), floor=floor, aim=aim, not_shown=result["words_not_shown"], calls=CALLS)
    gaps = result["partial_gaps"]
    print_figure("e2e", "partial_gap_p95_at_most_s", bound_of(gaps, 95), "s", gaps[-1][1], floor=1.5, calls=CALLS)
    print_figure("e2e", "wer", wer, "share", result["words"], calls=CALLS)
    print_figure("e2e", "cue_p50_ms", percentile(cues, 50), "ms", len(cues), floor=500, aim=350, **same)
    print_figure("e2e", "cue_ahead_p50_ms", percentile(result["cues_ahead"], 50), "ms", len(cues), expected=result["cues_expected"], withdrawn=result["cues_withdrawn"], **same)
    same |= {"misheard": result["misheard"], "doubted": result["doubted"], "never": sum(v >= 10_000 for v in cues)}
    figure = "cue_p99_ms" if len(cues) >= 500 else "cue_p95_ms"
    print_figure("e2e", figure, percentile(cues, 99 if len(cues) >= 500 else 95), "ms", len(cues), floor=900, aim=600, **same)


main()
