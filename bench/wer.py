#!/usr/bin/env python3
"""wer: word errors of the live path beside the same model on whole utterances, each set at its own rate and as 8 kHz mu-law.

`wer_delta` is in points. Sets: the demo calls; with SOTTO_DATA also speechocean762, an4 and the Harvard sentences of vendor_clips.
The live path runs in virtual time (bench_listen): the same stages, detector, segmenter and model as a live call, as fast as the machine can."""
import csv
import json
import os
import pathlib
import subprocess
import sys
import wave

from live import DEMOS, ROOT, edits, print_figure, words

MARGIN_MS = 100  # whole utterances get this much of their surroundings


def demo():
    for name in DEMOS:
        truth = json.loads((ROOT / f"build/demo/{name}.truth.json").read_text())
        for channel, track in enumerate(("customer", "agent")):
            turns = [turn for turn in truth["turns"] if turn["track"] == track]
            spans = [[turn["start_ms"] - MARGIN_MS, turn["end_ms"] + MARGIN_MS] for turn in turns]
            yield ROOT / f"build/demo/{name}.wav", channel, spans, " ".join(turn["text"] for turn in turns)


def speechocean(data):
    with open(data / "speechocean762/transcripts.tsv") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            yield data / f'speechocean762/{row["utt"]}.flac', 0, [[0, 60_000]], row["text"]


def an4(data):
    folder = data / "nemo_testdata_speech/an4"
    for line in open(folder / "an4_train.json"):
        row = json.loads(line)
        yield folder / pathlib.Path(row["audio_filepath"]).name, 0, [[0, 60_000]], row["text"]


def loud_spans(path, quiet_ms=350):
    """Where a file of single sentences is louder than its own background: [[start_ms, end_ms], ...]."""
    import numpy
    with wave.open(str(path)) as file:
        samples = numpy.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float)
        step = file.getframerate() // 50
    power = numpy.sqrt(numpy.mean(samples[:len(samples) // step * step].reshape(-1, step) ** 2, axis=1))
    spans, quiet = [], quiet_ms
    for frame, loud in enumerate(power > 4 * numpy.percentile(power, 10)):
        quiet = 0 if loud else quiet + 20
        if loud and spans and frame * 20 - spans[-1][1] < quiet_ms:
            spans[-1][1] = frame * 20 + 20
        elif loud:
            spans.append([frame * 20, frame * 20 + 20])
    return [[start - MARGIN_MS, end + MARGIN_MS] for start, end in spans if end - start > 200]


def harvard(data):
    for reference in sorted((data / "vendor_clips").glob("OSR*.reference.json")):
        for row in json.loads(reference.read_text()):
            path = data / "vendor_clips" / row["filename"]
            yield path, 0, loud_spans(path), row["transcription"]


def measure(name, items, mulaw):
    items = list(items)
    requests = "".join(json.dumps({"wav": str(wav), "channel": channel, "mulaw": mulaw, "spans": spans}) + "\n" for wav, channel, spans, _ in items)
    program = subprocess.run([ROOT / "build/bench_listen"], input=requests, capture_output=True, text=True, cwd=ROOT)
    if program.returncode:
        sys.exit(f"wer: {name}: {program.stderr.strip()}")
    said = live = whole = 0
    for line, (_, _, _, text) in zip(program.stdout.splitlines(), items, strict=True):
        answer = json.loads(line)
        said += len(words(text))
        live += edits(words(text), words(" ".join(final["text"] for final in answer["live"])))
        whole += edits(words(text), words(" ".join(answer["whole"])))
    same = {"set": name, "band": "8 kHz mu-law" if mulaw else "as recorded"}
    print_figure("wer", "live", live / said, "share", said, **same)
    print_figure("wer", "whole", whole / said, "share", said, **same)
    print_figure("wer", "wer_delta", 100 * (live - whole) / said, "points", said, floor=2.0, aim=0.5, **same)


def main():
    measure("demo", demo(), True)
    if not os.environ.get("SOTTO_DATA"):
        return print("wer: SOTTO_DATA is not set: only the demo calls were measured", file=sys.stderr)
    data = pathlib.Path(os.environ["SOTTO_DATA"]).resolve()
    for name, items in (("speechocean762", speechocean), ("an4", an4), ("harvard", harvard)):
        measure(name, items(data), False)
        measure(name, items(data), True)


main()
