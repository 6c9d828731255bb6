#!/usr/bin/env python3
"""Finds the axes along which voices differ. Writes voices.tsv, prints how well pieces of speech are told apart.

Linear discriminant analysis of the statistics of build/bench_speakers --statistics, over pieces of 0.5 to 3 s of people reading,
all through mu-law at 8 kHz, each recording cut three times.   Usage: SOTTO_DATA=... models/speakers/train_voices.py"""
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
    listed = list(recordings(data)) * 3
    requests = "".join(json.dumps({"wav": str(path), "pieces_ms": pieces(chance, 240)}) + "\n" for _, path in listed)
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
    within = 0.8 * within + 0.2 * numpy.diag(numpy.diag(within))
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


def learn(rows):
    middle, axes, between = axes_of(rows)
    whole, short = spread_of(rows, middle, axes)
    return middle, axes / numpy.sqrt(whole), between / whole, short


def equal_error(same, other):
    """Where as many of the same are below a threshold as of the others above it."""
    labels = numpy.concatenate([numpy.ones(len(same)), numpy.zeros(len(other))])[numpy.argsort(numpy.concatenate([same, other]))]
    missed, false = numpy.cumsum(labels) / len(same), 1 - numpy.cumsum(1 - labels) / len(other)
    at = numpy.argmin(abs(missed - false))
    return (missed[at] + false[at]) / 2


def report(rows):
    """Each fifth of the speakers by axes that the others gave."""
    speakers, chance = sorted({speaker for speaker, _, _ in rows}), random.Random(1)
    scores = {least: ([], []) for least in (10, 40, 80)}
    for fold in range(5):
        held = set(speakers[fold::5])
        middle, axes, between, short = learn([row for row in rows if row[0] not in held])
        for least, most in ((10, 40), (40, 80), (80, 1000)):
            near = [(speaker, (frames, axes @ (at - middle))) for speaker, frames, at in rows if speaker in held and least <= frames < most]
            for one in near:
                for other in chance.sample(near, min(30, len(near))):
                    if one is not other:
                        scores[least][one[0] != other[0]].append(score(one[1], other[1], between, short))
    for least, (same, other) in scores.items():
        print(f"pieces from {least * 20} ms of speech: {len(same)} pairs of one voice, {len(other)} of two, equal error rate {equal_error(same, other):.1%}")


def main():
    rows = measured(pathlib.Path(os.environ["SOTTO_DATA"]))
    print(f"{len(rows)} pieces of {len({speaker for speaker, _, _ in rows})} speakers")
    report(rows)
    middle, axes, between, short = learn(rows)
    print(f"spread 1 + {short:.0f} / frames; between {numpy.round(between, 2)}")
    lines = ["short_piece\t%.1f" % short, "mean\t" + "\t".join("%.4f" % v for v in middle)]
    lines += ["axis\t%.4f\t" % b + "\t".join("%.4f" % v for v in axis) for b, axis in zip(between, axes)]
    (pathlib.Path(__file__).parent / "voices.tsv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
