#!/usr/bin/env python3
"""unseen-words: the calls of tests/unseen as audio (render_calls.py) through the live path in virtual time (bench_listen, as bench/wer.py
does). Prints `wer`, `digit_errors`, and what the guide makes of the recognised words (`rules_live_recall`, by eval_unseen --heard).

Usage: unseen_words.py [work|last]      needs build/bench_listen and build/eval_unseen"""
import json
import pathlib
import random
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests/unseen/numbers"), str(ROOT / "models/unseen")]
import generate  # noqa: E402
from live import edits, print_figure, words  # noqa: E402
from render_calls import rendered  # noqa: E402

TRACKS = ("customer", "agent")
NUMBER_WORDS = {*generate.DIGIT, *generate.TEEN, *generate.TEN, "hundred", "thousand", "double", "treble", "triple"} - {"o"}


def with_digits(text):
    """The words, each number as its digits one by one: a recogniser may write "$412" where "four hundred and twelve" was said."""
    out, run = [], []
    said = words(re.sub(r"(?<=\d),(?=\d{3})", "", text))
    for i, word in enumerate(said + [""]):
        inside = word == "and" and run and run[-1] in ("hundred", "thousand") and said[i + 1:i + 2] and said[i + 1] in NUMBER_WORDS
        if word in NUMBER_WORDS or inside:
            run.append(word)
            continue
        out += generate.heard(" ".join(run))
        run = []
        if word:
            out += re.findall(r"\d", word) if re.fullmatch(r"[\d']+", word) else [word]
    return out


def listened(truths, *flags):
    """[(truth, {track: finals})]; a call at a time, so that one can see how far it is."""
    out = []
    for number, truth in enumerate(truths, 1):
        print(f"[{number}/{len(truths)}] {truth['id']}", file=sys.stderr, flush=True)
        requests = [{"wav": truth["wav"], "channel": channel, "mulaw": True, "spans": []} for channel in (0, 1)]
        program = subprocess.run([ROOT / "build/bench_listen", *flags], input="".join(json.dumps(request) + "\n" for request in requests), capture_output=True,
                                 text=True, cwd=ROOT)
        if program.returncode:
            sys.exit(f"unseen-words: {program.stderr.strip()}")
        out.append((truth, dict(zip(TRACKS, (json.loads(line)["live"] for line in program.stdout.splitlines()), strict=True))))
    return out


def turn_of(final, turns):
    """The turn that a final lies in most; between turns the nearest."""
    def apart(turn):
        return max(turn["start_ms"], final["from_ms"]) - min(turn["end_ms"], final["end_ms"])
    return min(turns, key=apart)


def heard_call(truth, finals):
    out = []
    for track in TRACKS:
        turns = [turn for turn in truth["turns"] if turn["track"] == track]
        for final in finals[track]:
            turn = turn_of(final, turns)
            start = max(final["from_ms"], min(turn["start_ms"], final["end_ms"] - 100))
            one = {"turn": turn["turn"], "track": track, "start_ms": start, "end_ms": final["end_ms"], "at_ms": round(final["at_ms"]),
                   "text": final.get("first_text", final["text"])}
            if "first_text" in final:
                one.update(corrected=final["text"], corrected_ms=round(final["corrected_ms"]))
            out.append(one)
    return {"id": truth["id"], "finals": sorted(out, key=lambda final: final["at_ms"])}


def compared(truth, finals):
    """Of each track: (errors, words, errors with numbers as digits, words of these, digits that differ, digits)."""
    for track in TRACKS:
        said = " ".join(turn["text"] for turn in truth["turns"] if turn["track"] == track)
        heard = " ".join(final["text"] for final in finals[track])
        digits = [[token for token in with_digits(text) if token.isdigit()] for text in (said, heard)]
        yield (edits(words(said), words(heard)), len(words(said)), edits(with_digits(said), with_digits(heard)), len(with_digits(said)),
               edits(*digits), len(digits[0]))


def print_share(figure, rows, errors, of, **conditions):
    """A share of sums over calls, with its interval by bootstrap over them."""
    def share(sample):
        return sum(row[errors] for row in sample) / max(1, sum(row[of] for row in sample))
    chance = random.Random(1)
    drawn = sorted(share([chance.choice(rows) for _ in rows]) for _ in range(1000))
    print_figure("unseen-words", figure, share(rows), "share", sum(row[of] for row in rows), ci95=[round(drawn[25], 4), round(drawn[975], 4)], **conditions)


def main():
    part = sys.argv[1] if len(sys.argv) > 1 else "work"
    if part not in ("work", "last"):
        sys.exit("Usage: unseen_words.py [work|last]")
    calls = listened(rendered(part))
    rows = [([sum(column) for column in zip(*compared(truth, finals))], truth["noise"]) for truth, finals in calls]
    print_share("wer", [row for row, _ in rows], 0, 1, part=part, band="8 kHz mu-law")
    print_share("wer_numbers_as_digits", [row for row, _ in rows], 2, 3, part=part)
    print_share("digit_errors", [row for row, _ in rows], 4, 5, part=part)
    for noise in ("none", "babble", "street"):
        print_share("wer_with_noise", [row for row, around in rows if around == noise], 0, 1, part=part, noise=noise)
    heard = ROOT / f"build/unseen/heard.{part}.jsonl"
    heard.parent.mkdir(parents=True, exist_ok=True)
    heard.write_text("".join(json.dumps(heard_call(truth, finals)) + "\n" for truth, finals in calls))
    subprocess.run([ROOT / "build/eval_unseen", part, "--heard", heard], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
