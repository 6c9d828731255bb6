#!/usr/bin/env python3
"""Trains the confidence of words: how likely is it that a word was really said? Writes weights.tsv (feature TAB weight), prints how well it does
on recordings held back. What a word is judged by is worked out by src/adapters/moonshine/confidence.cpp alone: bench_listen prints it.

Recordings with exact words go through the live path as 8 kHz mu-law, some also with noise behind them. See README.md.
Usage: SOTTO_DATA=... models/confidence/train.py      needs build/bench_listen, build/demo, sox"""
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "bench")]
import wer  # noqa: E402
from rightness import judged  # noqa: E402

DEMOS = sorted(path.name.removesuffix(".truth.json") for path in (ROOT / "build/demo").glob("*.truth.json"))
RATE = 8000
NOISES = {"people": ("people_talking", 15), "motor": ("engine_idling", 12)}  # of tau2_kb_policies, and dB below the speech
UNCERTAIN_BELOW = float(re.search(r"kSureWord = ([\d.]+)", (ROOT / "src/base/limits.h").read_text())[1])
FOLDS = 5
BATCH = 4  # recordings that one process hears


# --- recordings: (path, channel, what was said) ---

def recordings(data):
    wer.DEMOS = DEMOS
    sets = {"demo": wer.demo(), "vcon": wer.vcon(data), "speechocean762": wer.speechocean(data), "an4": wer.an4(data),
            "human agents": wer.human_agents(data)}
    for name, items in sets.items():
        for path, channel, _, text in items:
            yield name, path, channel, text
    sentences = "".join(row["transcription"] + " " for reference in sorted((data / "vendor_clips").glob("OSR*.reference.json"))
                        for row in json.loads(reference.read_text()))
    yield "harvard", data / "vendor_clips/OSR_us_000_0034_8k.wav", 0, sentences


def samples_of(path, channel):
    raw = ["-t", "raw", "-r", str(RATE), "-e", "signed", "-b", "16", "-c", "1", "-"]
    done = subprocess.run(["sox", "-D", path, *raw, "remix", str(channel + 1)], capture_output=True, check=True)
    return numpy.frombuffer(done.stdout, dtype="<i2").astype(float)


def noisy(path, channel, kind, folder, data):
    name, below = NOISES[kind]
    speech, noise = samples_of(path, channel), samples_of(data / f"tau2_kb_policies/noise/{name}.wav", 0)
    noise = numpy.resize(numpy.roll(noise, int(hashlib.sha256(path.name.encode()).hexdigest(), 16) % len(noise)), len(speech))
    loud = speech[numpy.abs(speech) > 300]
    level = numpy.sqrt(numpy.mean(loud ** 2)) / numpy.sqrt(numpy.mean(noise ** 2)) / 10 ** (below / 20)
    out = pathlib.Path(folder) / f"{kind}-{path.stem}-{channel}.wav"
    with wer.wave.open(str(out), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(numpy.clip(speech + noise * level, -32768, 32767).astype("<i2").tobytes())
    return out


# --- words with their features, by the live path ---

def listen(takes):
    lines = "".join(json.dumps({"wav": str(wav), "channel": channel, "mulaw": True, "spans": []}) + "\n" for _, _, wav, channel, _ in takes)
    models = ["--models", os.environ["MODELS"]] if "MODELS" in os.environ else []
    program = subprocess.run([ROOT / "build/bench_listen", *models], input=lines, capture_output=True, text=True, check=True, cwd=ROOT)
    return [json.loads(line)["live"] for line in program.stdout.splitlines()]


def rows_of(name, source, text, finals):
    heard = [word for final in finals for word in final["words"]]
    right = judged(text, [word["text"] for word in heard])
    return [{"set": name, "source": source, "word": word["text"], "right": int(one), "features": word["features"]}
            for word, one in zip(heard, right, strict=True) if one is not None and word["features"]]


def takes_of(data, folder):
    """(set, recording, path, channel, text): every recording, and every second one of some sets with noise."""
    for number, (name, path, channel, text) in enumerate(recordings(data)):
        yield name, f"{path.name}/{channel}", path, channel, text
        if name in ("demo", "speechocean762") and number % 2:
            kind = list(NOISES)[number // 2 % len(NOISES)]
            yield f"{name}+{kind}", f"{path.name}/{channel}", noisy(path, channel, kind, folder, data), 0, text


def gathered(data):
    """Kept until what makes the features changes: listening takes minutes."""
    sources = [ROOT / f"src/adapters/moonshine/{name}" for name in ("confidence.cpp", "token_score.cpp", "tokens.cpp", "beam_search.cpp", "speech_models.cpp")]
    stamp = hashlib.sha256(b"".join(path.read_bytes() for path in sources) + os.environ.get("MODELS", "").encode()).hexdigest()[:16]
    cache = pathlib.Path(tempfile.gettempdir()) / f"sotto-confidence-{stamp}.jsonl"
    known = [json.loads(line) for line in cache.read_text().splitlines()] if cache.exists() else []
    rows, heard = [row for one in known for row in one["rows"]], {(one["set"], one["source"]) for one in known}
    with tempfile.TemporaryDirectory() as folder, cache.open("a") as out:
        waiting = [take for take in takes_of(data, folder) if take[:2] not in heard]
        for at in range(0, len(waiting), BATCH):
            batch = waiting[at:at + BATCH]
            for (name, source, _, _, text), finals in zip(batch, listen(batch), strict=True):
                fresh = rows_of(name, source, text, finals)
                rows += fresh
                out.write(json.dumps({"set": name, "source": source, "rows": fresh}) + "\n")
            out.flush()
            print(f"[{min(at + BATCH, len(waiting))}/{len(waiting)}] {len(rows)} words", file=sys.stderr, flush=True)
    return rows


# --- logistic regression by Newton's method, L2 ---

def fit(x, y, l2=1.0):
    weights = numpy.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + numpy.exp(-x @ weights))
        hessian = (x * (p * (1 - p))[:, None]).T @ x + l2 * numpy.eye(x.shape[1])
        weights -= numpy.linalg.solve(hessian, x.T @ (p - y) + l2 * weights)
    return weights


def predicted(x, weights):
    return 1 / (1 + numpy.exp(-x @ weights))


def ece(p, y, bins=10):
    place = numpy.minimum((p * bins).astype(int), bins - 1)
    return sum(abs(p[place == b].sum() - y[place == b].sum()) for b in range(bins)) / len(p)


def area(p, y):
    """Under ROC."""
    order = numpy.argsort(p, kind="stable")
    ranks = numpy.empty(len(p))
    ranks[order] = numpy.arange(1, len(p) + 1)
    good = y.sum()
    return (ranks[y == 1].sum() - good * (good + 1) / 2) / (good * (len(y) - good))


def report(title, p, y, threshold=UNCERTAIN_BELOW):
    marked, wrong = p < threshold, y == 0
    if not wrong.any():
        return print(f"{title}: {len(y)} words, none wrong")
    print(f"{title}: {len(y)} words, {wrong.mean():.1%} wrong, area under ROC {area(p, y):.3f}, ece {ece(p, y):.3f}; below {threshold}: "
          f"{(marked & wrong).sum() / max(1, marked.sum()):.2f} of {marked.sum()} are wrong, {(marked & wrong).sum() / wrong.sum():.2f} of the wrong are marked")


def main():
    data = pathlib.Path(os.environ["SOTTO_DATA"]).resolve()
    rows = gathered(data)
    names = list(rows[0]["features"])
    x = numpy.array([[row["features"][name] for name in names] for row in rows])
    y = numpy.array([row["right"] for row in rows])
    # A recording is held back with all its takes.
    fold = numpy.array([int(hashlib.sha256(row["source"].encode()).hexdigest(), 16) % FOLDS for row in rows])
    held = numpy.zeros(len(rows))
    for number in range(FOLDS):
        held[fold == number] = predicted(x[fold == number], fit(x[fold != number], y[fold != number]))
    report("all, each recording by weights that have not seen it", held, y)
    for name in sorted({row["set"] for row in rows}):
        chosen = numpy.array([row["set"] == name for row in rows])
        report(f"  {name}", held[chosen], y[chosen])
    for threshold in (0.4, 0.5, 0.6, 0.7, 0.8):
        report("  all", held, y, threshold)
    lines = "".join(f"{name}\t{weight:.4f}\n" for name, weight in zip(names, fit(x, y)))
    (HERE / "weights.tsv").write_text(lines)


if __name__ == "__main__":
    main()
