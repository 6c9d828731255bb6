#!/usr/bin/env python3
"""Trains the endings model: does a turn end after these words? Writes weights.tsv (feature TAB weight), prints how well it does.

Text: turns of spontaneous consultations and of customers' chats, each with places inside it where a speaker may pause.
Speech: some of those turns spoken by the demo's synthesisers over a telephone line, with pauses inside, and written down by the
recogniser at each pause, so that the model learns what the recogniser's own commas and full stops are worth.
The demo calls are not among them. See README.md.   Usage: SOTTO_DATA=... models/endings/train.py [SPOKEN_TURNS]"""
import gzip
import json
import math
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import wave

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "demo"))
import render  # noqa: E402

RATE = render.RATE
VOICES = ["slt", "rms", "awb"]
BUCKETS = (0, 1, 2, 3, 5, 8, 12)


# --- features: what src/adapters/moonshine/ending.cpp computes too (ending_test.cpp holds examples of this function) ---

def bare(word):
    letters = re.sub(r"[^a-z0-9']", "", word.lower())
    return "0" if any(c.isdigit() for c in letters) or letters in NUMBERS else letters


NUMBERS = set("zero oh one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty seventy eighty ninety hundred".split())


def features(text, marks=True):
    words = [b for b in (bare(w) for w in text.split()) if b]
    if not words:
        return []
    # The last clause: what follows the last mark that has words behind it.
    clause = [b for b in (bare(w) for w in re.split(r"[,.?!]", text.rstrip(",.?! "))[-1].split()) if b] or words[-1:]
    digits = next((n for n, word in enumerate(reversed(words)) if word != "0"), len(words))
    out = ["bias", f"last:{words[-1]}", f"first:{words[0]}", f"words:{bucket(len(words))}",
           f"clause:{clause[0]}", f"clause words:{bucket(len(clause))}", f"digits:{bucket(digits)}"]
    if len(words) > 1:
        out.append(f"pair:{words[-2]} {words[-1]}")
    if len(clause) > 1:
        out.append(f"clause pair:{clause[0]} {clause[1]}")
    if marks:
        last = text.rstrip()[-1]
        mark = last if last in ",.?!" else "none"
        out += [f"mark:{mark}", f"mark+words:{mark}{bucket(len(words))}"]
    return out


def bucket(count):
    return next((str(b) for b in BUCKETS if count <= b), "more")


# --- texts ---

def turns(data):
    for path in sorted((data / "primock57_transcripts/transcripts").glob("*.TextGrid")):
        for text in re.findall(r'text = "(.*)"', path.read_text()):
            if "<" not in text:
                yield text
    with gzip.open(data / "star_dialogs/dialogues.jsonl.gz", "rt") as file:
        for line in file:
            for event in json.loads(line)["Events"]:
                if event.get("Agent") == "User" and event.get("Text"):
                    yield event["Text"]


def clean(text):
    text = re.sub(r"[^A-Za-z0-9',.?! -]", " ", text).replace("-", " ")
    text = re.sub(r"\s+", " ", text).strip()
    return text if 1 <= len(text.split()) <= 40 and re.search("[a-z]", text) else None


def places(text, chance):
    """Word counts after which a speaker may pause: at a mark, before a new clause, sometimes anywhere."""
    words = text.split()
    found = []
    for at in range(1, len(words)):
        likely = 0.5 if words[at - 1][-1] in ",.?!" else 0.25 if bare(words[at]) in ("and", "but", "so", "because", "or", "if", "that") else 0.06
        if chance.random() < likely:
            found.append(at)
    return found


def from_text(texts, chance):
    for text in texts:
        words = text.split()
        yield features(text, marks=False), 1.0
        for at in places(text, chance):
            yield features(" ".join(words[:at]), marks=False), 0.0


def read_out(chance):
    """Numbers read out in groups: a card, a phone, an account. Only the last group ends the turn."""
    lead = chance.choice(["", "it is", "it's", "yes, it is", "the number is", "sure, it's", "my account number is", "okay, so", "that would be"])
    figures = ["zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    size, groups = chance.choice([(4, 4), (4, 4), (3, 3), (3, 2), (2, 3), (2, 4)])
    said = [lead] if lead else []
    for group in range(groups):
        said.append(" ".join(chance.choice(figures) for _ in range(size)) + ",")
        yield " ".join(said).rstrip(","), 1.0 if group == groups - 1 else 0.0


# --- speech ---

def speak(texts, chance, folder):
    """Each turn as a recording with pauses inside; returns [(path, turn's end in ms)]."""
    split, pieces = [], []
    for text in texts:
        words, cuts = text.split(), places(text, chance)[:3]
        parts = [" ".join(words[a:b]) for a, b in zip([0, *cuts], [*cuts, len(words)])]
        if not all(re.search("[A-Za-z0-9]", part) for part in parts):  # a mark alone cannot be spoken
            parts = [text]
        voice = chance.choice(VOICES)
        split.append(len(parts))
        pieces += [(voice, part) for part in parts]
    spoken = iter(render.speak_all(pieces))
    for number, count in enumerate(split):
        track = [numpy.zeros(RATE // 2)]
        for part in range(count):
            if part:
                track.append(numpy.zeros(chance.randint(200, 900) * RATE // 1000))
            track.append(next(spoken)[0])
        end = sum(map(len, track)) * 1000 // RATE
        samples = numpy.concatenate([*track, numpy.zeros(RATE * 5 // 2)])
        samples += numpy.random.default_rng(number).normal(0, 10 ** (render.NOISE_DBFS / 20), len(samples))
        path = folder / f"{number}.wav"
        render.write_mulaw(path, numpy.clip(samples, -1, 1))
        yield path, end


def from_speech(texts, chance):
    with tempfile.TemporaryDirectory() as name:
        spoken = list(speak(texts, chance, pathlib.Path(name)))
        requests = "".join(json.dumps({"wav": str(path), "channel": 0, "mulaw": True, "spans": []}) + "\n" for path, _ in spoken)
        # Waits of 1.9 s: every pause is asked about, none ends the turn.
        answers = subprocess.run([ROOT / "build/bench_listen", "--waits", "1900,1900"], input=requests, capture_output=True, text=True, check=True, cwd=ROOT).stdout
        for line, (_, end) in zip(answers.splitlines(), spoken, strict=True):
            for pause in json.loads(line)["pauses"]:
                # A pause is asked about some 100 ms after the voice has gone.
                yield pause["text"], 1.0 if pause["end_ms"] > end - 60 else 0.0


# --- logistic regression, AdaGrad, L2 ---

def train(examples, rounds, chance, least=4, l2=1e-6):
    counts = {}
    for names, _, _ in examples:
        for name in names:
            counts[name] = counts.get(name, 0) + 1
    index = {name: number for number, name in enumerate(sorted(n for n, c in counts.items() if c >= least))}
    rows = [(numpy.array([index[n] for n in names if n in index], dtype=int), label, weight) for names, label, weight in examples if names]
    weights, squares = numpy.zeros(len(index)), numpy.full(len(index), 1e-8)
    for _ in range(rounds):
        chance.shuffle(rows)
        for row, label, weight in rows:
            gradient = weight * (1 / (1 + math.exp(-weights[row].sum())) - label) + l2 * weights[row]
            squares[row] += gradient ** 2
            weights[row] -= 0.1 * gradient / numpy.sqrt(squares[row])
    return {name: round(float(weights[number]), 3) for name, number in index.items()}


def probability(weights, names):
    return 1 / (1 + math.exp(-sum(weights.get(name, 0.0) for name in names)))


def report(title, weights, examples):
    scored = sorted((probability(weights, features(text)), label) for text, label in examples)
    ends = [p for p, label in scored if label]
    inside = [p for p, label in scored if not label]
    area = sum(sum(1 for q in inside if q < p) + 0.5 * sum(1 for q in inside if q == p) for p in ends) / (len(ends) * len(inside))
    print(f"{title}: {len(ends)} ends, {len(inside)} pauses inside, area under ROC {area:.3f}")
    for share in (0.55, 0.9):
        threshold = sorted(ends, reverse=True)[int(share * len(ends))]
        above = sum(p >= threshold for p in inside) / len(inside)
        print(f"  {share:.0%} of the ends score at least {threshold:.2f}; so do {above:.0%} of the pauses inside")


def main():
    data = pathlib.Path(os.environ["SOTTO_DATA"])
    chance = random.Random(20)
    texts = sorted({text for text in map(clean, turns(data)) if text})
    chance.shuffle(texts)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 900
    told, spoken = texts[count:], [t for t in texts[:count]]
    cache = pathlib.Path(tempfile.gettempdir()) / f"sotto-endings-{count}.json"
    if not cache.exists():
        cache.write_text(json.dumps(list(from_speech(spoken, chance))))
    heard = [tuple(pair) for pair in json.loads(cache.read_text())]
    held, heard = heard[:len(heard) // 4], heard[len(heard) // 4:]
    examples = [(names, label, 0.3) for names, label in from_text(told, chance)]
    examples += [(features(text, marks=False), label, 0.3) for _ in range(1500) for text, label in read_out(chance)]
    examples += [(features(text), label, 2.0) for text, label in heard if text.strip()]
    print(f"{len(told)} turns as text, {len(heard)} pauses as speech to learn from, {len(held)} held back")
    weights = train(examples, 6, chance)
    report("speech held back", weights, [pair for pair in held if pair[0].strip()])
    kept = {name: weight for name, weight in weights.items() if abs(weight) >= 0.15 or name == "bias"}
    report(f"the same, {len(kept)} weights kept", kept, [pair for pair in held if pair[0].strip()])
    lines = "".join(f"{name}\t{weight:.2f}\n" for name, weight in sorted(kept.items()))
    (pathlib.Path(__file__).parent / "weights.tsv").write_text(lines)


if __name__ == "__main__":
    main()
