#!/usr/bin/env python3
"""Finds the axes along which voices differ. Writes voices.tsv, prints how well pieces of speech are told apart.

Linear discriminant analysis of the statistics of build/bench_speakers --statistics, over pieces of 0.5 to 3 s of people reading,
all through mu-law at 8 kHz. Speakers held back: every fifth.   Usage: SOTTO_DATA=... models/speakers/train_voices.py"""
import collections
import json
import os
import pathlib
import random
import re
import subprocess
import wave

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
AXES = 14


def recordings(data):
    """(speaker, path)"""
    for path in sorted((data / "speechocean762").glob("*.flac")):
        yield "ocean-" + path.name[:4], path
    for path in sorted((data / "nemo_testdata_speech").glob("an4*/*.wav")):
        yield "an4-" + re.sub(r"^.*?-(\w+)-b$", r"\1", path.stem), path
    for name in ("demo_agent", "demo_agent1", "Auto_Repairs_40_agent", "Auto_Repairs_40_caller"):
        yield name, data / f"aws_lca_calls/{name}.wav"


def pieces(chance, seconds):
    at, out = 0, []
    while at < seconds * 1000:
        length = int(1000 * chance.choice([0.5, 0.8, 1.2, 2.0, 3.0]))
        out.append([at, at + length])
        at += length
    return out


def measured(data):
    """[(speaker, frames, statistics)]"""
    chance = random.Random(5)
    listed = list(recordings(data))
    requests = "".join(json.dumps({"wav": str(path), "pieces_ms": pieces(chance, 60)}) + "\n" for _, path in listed)
    answers = subprocess.run([ROOT / "build/bench_speakers", "--statistics"], input=requests, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    rows = []
    for line, (speaker, _) in zip(answers.splitlines(), listed, strict=True):
        rows += [(speaker, piece["frames"], numpy.array(piece["at"])) for piece in json.loads(line)["pieces"]]
    return rows


def groups(rows):
    by = collections.defaultdict(list)
    for speaker, frames, at in rows:
        by[speaker].append((frames, at))
    return {speaker: found for speaker, found in by.items() if len(found) >= 3}


def scatter(rows):
    """Covariance within and between speakers; short pieces count less."""
    known = groups(rows)
    size = len(rows[0][2])
    middle = numpy.mean([at for _, _, at in rows], axis=0)
    within, between, total = numpy.zeros((size, size)), numpy.zeros((size, size)), 0.0
    for found in known.values():
        weights = numpy.array([frames / (frames + 40) for frames, _ in found])
        points = numpy.array([at for _, at in found])
        mean = (weights[:, None] * points).sum(0) / weights.sum()
        away = points - mean
        within += (weights[:, None] * away).T @ away * len(found) / (len(found) - 1)
        total += weights.sum()
        between += numpy.outer(mean - middle, mean - middle)
    within /= total
    between = between / len(known) - within * numpy.mean([1 / len(found) for found in known.values()])
    return middle, within, between


def axes_of(rows):
    middle, within, between = scatter(rows)
    scale = numpy.sqrt(numpy.diag(within))
    within = within + 0.05 * numpy.diag(scale ** 2)
    values, vectors = numpy.linalg.eigh(numpy.linalg.inv(numpy.linalg.cholesky(within)) @ between @ numpy.linalg.inv(numpy.linalg.cholesky(within)).T)
    order = numpy.argsort(values)[::-1][:AXES]
    axes = (numpy.linalg.inv(numpy.linalg.cholesky(within)).T @ vectors[:, order]).T
    return middle, axes, numpy.maximum(values[order], 0.05)


def spread_of(rows, middle, axes):
    """Variance within a voice = whole * (1 + short / frames): least squares over pieces."""
    known = groups(rows)
    a, b = [], []
    for found in known.values():
        points = numpy.array([axes @ (at - middle) for _, at in found])
        away = (points - points.mean(0)) * numpy.sqrt(len(found) / (len(found) - 1))
        a += [[1, 1 / frames] for frames, _ in found]
        b += list((away ** 2).mean(1))
    whole, slope = numpy.linalg.lstsq(numpy.array(a), numpy.array(b), rcond=None)[0]
    return max(whole, 0.1), max(slope, 0) / max(whole, 0.1)


def score(p, q, between, short):
    """Log likelihood ratio: the same voice, or two."""
    v1, v2 = 1 + short / p[0], 1 + short / q[0]
    x, y = p[1], q[1]
    same = numpy.log((between + v1) * (between + v2) - between ** 2)
    d = (between + v1) * (between + v2) - between ** 2
    joint = -0.5 * (same + ((between + v2) * x ** 2 - 2 * between * x * y + (between + v1) * y ** 2) / d)
    apart = -0.5 * (numpy.log((between + v1) * (between + v2)) + x ** 2 / (between + v1) + y ** 2 / (between + v2))
    return float((joint - apart).sum())


def report(rows, middle, axes, between, short):
    known = groups(rows)
    chance = random.Random(1)
    points = [(speaker, (frames, axes @ (at - middle))) for speaker, found in known.items() for frames, at in found]
    for least, most in ((10, 45), (45, 90), (90, 1000)):
        near = [p for p in points if least <= p[1][0] < most]
        if len(near) < 20:
            continue
        pairs = [(chance.choice(near), chance.choice(near)) for _ in range(20000)]
        same = [score(p, q, between, short) for (a, p), (b, q) in pairs if a == b and p is not q]
        other = [score(p, q, between, short) for (a, p), (b, q) in pairs if a != b]
        if not same or not other:
            continue
        threshold = numpy.median(numpy.array(same))
        values = sorted([(s, 1) for s in same] + [(s, 0) for s in other])
        misses, alarms, best = 0, len(other), 1.0
        for _, label in values:
            misses, alarms = misses + label, alarms - (1 - label)
            best = min(best, max(misses / len(same), alarms / len(other)))
        print(f"{least * 20}-{most * 20} ms: {len(near)} pieces, equal error rate {best:.1%}, median of the same {threshold:.1f}")


def main():
    data = pathlib.Path(os.environ["SOTTO_DATA"])
    rows = measured(data)
    speakers = sorted({speaker for speaker, _, _ in rows})
    held = set(speakers[::5])
    print(f"{len(rows)} pieces of {len(speakers)} speakers, {len(held)} held back")
    learn = [row for row in rows if row[0] not in held]
    middle, axes, between = axes_of(learn)
    whole, short = spread_of(learn, middle, axes)
    axes, between = axes / numpy.sqrt(whole), between / whole
    print(f"spread {whole:.2f} * (1 + {short:.0f} / frames); between {numpy.round(between, 2)}")
    report([row for row in rows if row[0] in held], middle, axes, between, short)
    lines = ["short_piece\t%.1f" % short, "mean\t" + "\t".join("%.4f" % v for v in middle)]
    lines += ["axis\t%.4f\t" % b + "\t".join("%.4f" % v for v in axis) for b, axis in zip(between, axes)]
    (pathlib.Path(__file__).parent / "voices.tsv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
