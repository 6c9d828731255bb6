#!/usr/bin/env python3
"""confidence, word-times: how sure, and when, of the words that are heard in the calls of tests/unseen, as audio (render_calls.py) through the live
path (bench_listen), after corrections.

confidence: `ece`, how far the words' probabilities lie from the share that is right, over ten bins; `uncertain_wrong`, the share of words marked
uncertain (limits.h, kSureWord) that are wrong; `wrong_marked`, the share of wrong words (substitutions and insertions) that are marked.
word-times: the share of rightly heard words whose start and end both lie within 150 ms of the synthesis'; also of the estimate that the engine
falls back to. `--demo`: of the demo calls on which the heads were not chosen (models/moonshine/choose_heads.py).

Usage: unseen_confidence.py confidence|word-times [--demo] [work|last]      needs build/bench_listen"""
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from rightness import ROOT, aligned, judged, tokens_of  # noqa: E402
from live import DEMOS, print_figure  # noqa: E402
from render_calls import rendered  # noqa: E402
from unseen_words import TRACKS, listened  # noqa: E402

UNCERTAIN_BELOW = float(re.search(r"kSureWord = ([\d.]+)", (ROOT / "src/base/limits.h").read_text())[1])
WITHIN_MS = 150


def heard_words(finals):
    return [word for final in finals for word in final["words"]]


def share(values):
    return sum(values) / max(1, len(values))


def confidences(calls):
    """[(probability, right)] of every word that was heard."""
    out = []
    for truth, finals in calls:
        for track in TRACKS:
            heard = heard_words(finals[track])
            said = " ".join(turn["text"] for turn in truth["turns"] if turn["track"] == track)
            right = judged(said, [word["text"] for word in heard])
            out += [(word["confidence"], one) for word, one in zip(heard, right, strict=True) if one is not None]
    return out


def print_confidence(pairs, part):
    bins = [[pair for pair in pairs if min(9, int(pair[0] * 10)) == number] for number in range(10)]
    ece = sum(abs(sum(p for p, _ in one) - sum(right for _, right in one)) for one in bins) / len(pairs)
    marked = [not right for p, right in pairs if p < UNCERTAIN_BELOW]
    wrong = [p < UNCERTAIN_BELOW for p, right in pairs if not right]
    print_figure("confidence", "ece", ece, "share", len(pairs), floor=0.1, aim=0.05, part=part)
    print_figure("confidence", "uncertain_wrong", share(marked), "share", len(marked), floor=0.5, aim=0.7, part=part, below=UNCERTAIN_BELOW)
    print_figure("confidence", "wrong_marked", share(wrong), "share", len(wrong), floor=0.5, aim=0.7, part=part)
    print_figure("confidence", "wrong", share([not right for _, right in pairs]), "share", len(pairs), part=part)


def times(calls):
    """Of every word that was rightly heard: how far its start or its end lies from the truth, whichever is farther, in ms."""
    out = []
    for truth, finals in calls:
        for track in TRACKS:
            heard = heard_words(finals[track])
            said = [word for word in truth["words"] if word["track"] == track]
            tokens, spoken = tokens_of([word["text"] for word in heard]), tokens_of([word["text"] for word in said])
            alone = lambda listed, at: len(listed[at][1]) == 1 and sum(owners == listed[at][1] for _, owners in listed[max(0, at - 3):at + 4]) == 1
            for i, j in aligned([token for token, _ in spoken], [token for token, _ in tokens]):
                if alone(spoken, i) and alone(tokens, j):
                    true, ours = said[spoken[i][1][0]], heard[tokens[j][1][0]]
                    out.append(max(abs(ours[edge] - true[edge]) for edge in ("start_ms", "end_ms")))
    return out


def print_times(calls, figure, which, **goals):
    far = sorted(times(calls))
    print_figure("word-times", figure, share([one <= WITHIN_MS for one in far]), "share", len(far), **goals, within_ms=WITHIN_MS, **which)
    print_figure("word-times", f"{figure}_p50", far[len(far) // 2], "ms", len(far), **which)
    measured = [not word["estimated"] for _, finals in calls for track in TRACKS for word in heard_words(finals[track])]
    print_figure("word-times", f"{figure}_measured", share(measured), "share", len(measured), **which)


def demo_truths():
    """Those of live.DEMOS: the heads were chosen on the other three."""
    for name in DEMOS:
        truth = json.loads((ROOT / f"build/demo/{name}.truth.json").read_text())
        yield truth | {"id": name, "wav": str(ROOT / f"build/demo/{name}.wav")}


def main():
    what, demo = sys.argv[1] if len(sys.argv) > 1 else "", "--demo" in sys.argv
    part = next((argument for argument in sys.argv[2:] if argument != "--demo"), "work")
    if what not in ("confidence", "word-times") or part not in ("work", "last"):
        sys.exit("Usage: unseen_confidence.py confidence|word-times [--demo] [work|last]")
    truths, which = list(demo_truths()) if demo else rendered(part), {"part": "demo" if demo else part}
    if what == "confidence":
        print_confidence(confidences(listened(truths)), **which)
    else:
        print_times(listened(truths), "word_times", which, floor=0.8, aim=0.95)
        print_times(listened(truths, "--times", "estimated"), "estimated_times", which)


if __name__ == "__main__":
    main()
