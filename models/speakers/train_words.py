#!/usr/bin/env python3
"""Trains which words an agent says and which a customer. Writes words.tsv (feature TAB weight), prints how well it does.

Logistic regression over sentences of public dialogues, as a recogniser would write them. Calls held back: every second of
vcon_tts_calls, by name. See README.md.   Usage: SOTTO_DATA=... models/speakers/train_words.py"""
import gzip
import json
import math
import os
import pathlib
import random
import re

import numpy

# --- features: what src/live/speech/role_words.cpp computes too (role_words_test.cpp holds examples of this function) ---


def bare(word):
    letters = re.sub(r"[^a-z0-9']", "", word.lower())
    return "0" if any(c.isdigit() for c in letters) else letters


def features(text):
    words = [b for b in (bare(w) for w in text.split(" ")) if b]
    if not words:
        return []
    length = next((str(n) for n in (2, 5, 10) if len(words) <= n), "more")
    out = ["bias", f"first:{words[0]}", f"words:{length}"]
    if "?" in text:
        out.append("asks")
    return out + sorted({*words, *(f"{a} {b}" for a, b in zip(words, words[1:]))})


# --- dialogues: (is it the agent?, text) ---

def star(data):
    with gzip.open(data / "star_dialogs/dialogues.jsonl.gz", "rt") as file:
        for line in file:
            for event in json.loads(line)["Events"]:
                if event.get("Agent") in ("User", "Wizard") and event.get("Text"):
                    yield event["Agent"] == "Wizard", event["Text"]


def airline(data):
    for call in json.load(gzip.open(data / "tau_airline_trajectories/traj_task0-29.json.gz")):
        for turn in call["traj"]:
            if turn["role"] in ("user", "assistant") and turn.get("content") and "###" not in turn["content"]:
                yield turn["role"] == "assistant", turn["content"]


def abcd(data):
    for call in json.load(open(data / "abcd_guidelines/abcd_sample.json")):
        for who, text in call["original"]:
            if who in ("agent", "customer"):
                yield who == "agent", text


def vcon(data, held):
    for number, path in enumerate(sorted((data / "vcon_tts_calls").glob("*.json"))):
        if number % 2 == held:
            for turn in json.load(open(path))["analysis"][0]["body"]:
                yield turn["speaker"] == "Agent", turn["message"]


def scripts(data):
    for path in sorted((data / "aws_lca_calls").glob("*.script.md")):
        for who, text in re.findall(r"^\W*(agent|caller)\W*:\W*(.+)$", path.read_text(), re.M | re.I):
            yield who.lower() == "agent", text


def consultations(data):
    """Not a call centre; but one party asks and explains, as an agent does, and the other tells what is the matter."""
    for path in sorted((data / "primock57_transcripts/transcripts").glob("*.TextGrid")):
        for text in re.findall(r'text = "(.*)"', path.read_text()):
            yield "doctor" in path.name, re.sub(r"<[^>]*>", "", text)


def sentences(turns):
    for agent, text in turns:
        text = re.sub(r"\s+", " ", re.sub(r"[^A-Za-z0-9',.?! -]", " ", text).replace("-", " ")).strip()
        for sentence in re.split(r"(?<=[.?!]) ", text):
            if 1 <= len(sentence.split()) <= 40 and re.search("[a-z]", sentence):
                yield agent, sentence


# --- logistic regression, AdaGrad ---

def train(examples, rounds, chance, least=6):
    counts = {}
    for _, names, _ in examples:
        for name in names:
            counts[name] = counts.get(name, 0) + 1
    index = {name: number for number, name in enumerate(sorted(n for n, c in counts.items() if c >= least))}
    rows = [(numpy.array([index[n] for n in names if n in index], dtype=int), label, weight) for label, names, weight in examples if names]
    weights, squares = numpy.zeros(len(index)), numpy.full(len(index), 1e-2)
    for _ in range(rounds):
        chance.shuffle(rows)
        for row, label, weight in rows:
            gradient = weight * (1 / (1 + math.exp(-weights[row].sum())) - label) + 2e-4 * weights[row]
            squares[row] += gradient ** 2
            weights[row] -= 0.1 * gradient / numpy.sqrt(squares[row])
    return {name: float(weights[number]) for name, number in index.items()}


def odds(weights, text):
    return max(-2.5, min(2.5, sum(weights.get(name, 0.0) for name in features(text))))


def report(title, weights, pairs):
    scored = [(odds(weights, text), agent) for agent, text in pairs]
    right = sum((score > 0) == agent for score, agent in scored)
    agents = [s for s, agent in scored if agent]
    customers = [s for s, agent in scored if not agent]
    area = sum((a > c) + 0.5 * (a == c) for a in agents for c in customers) / (len(agents) * len(customers))
    sure = [(score > 0) == agent for score, agent in scored if abs(score) > 2]
    print(f"{title}: {len(pairs)} sentences, {right / len(pairs):.1%} right, area under ROC {area:.3f}; "
          f"{len(sure) / len(pairs):.0%} beyond 2, {sum(sure) / max(1, len(sure)):.1%} of them right")


def main():
    data = pathlib.Path(os.environ["SOTTO_DATA"])
    chance = random.Random(21)
    sets = [(star(data), 0.1), (airline(data), 0.2), (consultations(data), 0.3), (abcd(data), 2.0), (vcon(data, 0), 2.0), (scripts(data), 2.0)]
    examples = []
    for turns, weight in sets:
        pairs = list(sentences(turns))
        unique = sorted({(agent, text.lower()) for agent, text in pairs})
        # Each party counts the same, whoever says more.
        share = sum(agent for agent, _ in unique) / len(unique)
        examples += [(float(agent), features(text), weight * 0.5 / (share if agent else 1 - share)) for agent, text in unique]
        print(f"{len(unique)} sentences, {share:.0%} of the agent")
    weights = train(examples, 2, chance)
    held = list(sentences(vcon(data, 1)))
    report("held back", weights, held)
    kept = {n: w for n, w in weights.items() if abs(w) >= 0.25 or n == "bias"}
    report(f"the same, {len(kept)} weights kept", kept, held)
    lines = "".join(f"{name}\t{weight:.2f}\n" for name, weight in sorted(kept.items()))
    (pathlib.Path(__file__).parent / "words.tsv").write_text(lines)


if __name__ == "__main__":
    main()
