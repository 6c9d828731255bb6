#!/usr/bin/env python3
"""wer: word errors of the live path beside the same model on whole utterances, each set at its own rate and as 8 kHz mu-law.

`wer_delta` is in points, `cpu` in seconds of processor a second of audio, partials included. Sets: the demo calls; with SOTTO_DATA also
speechocean762, an4, the Harvard sentences of vendor_clips, strings of the digits of fsdd_digits, the synthetic calls of vcon_tts_calls
and the human agents of aws_lca_calls; those calls have no times of utterances, so they are heard live alone.
MODELS=FINALS,PARTIALS: by other models than those in force (base, tiny). SETS: only those whose name has one of its words.
The live path runs in virtual time (bench_listen): the same stages, detector, segmenter and model as a live call, as fast as the machine can."""
import calendar
import csv
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tarfile
import tempfile
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


def vcon(data):
    for file in sorted((data / "vcon_tts_calls").glob("*.vcon.json")):
        call = json.loads(file.read_text())
        lines = next(analysis["body"] for analysis in call["analysis"] if analysis["type"] == "transcript")
        yield file.with_name(file.name.replace(".vcon.json", ".mp3")), 0, [], " ".join(line["message"] for line in lines)


def human_agents(data):
    for script in sorted((data / "aws_lca_calls").glob("demo_agent*.script.md")):
        lines = re.findall(r"^\*\*Agent\*\*:(.*)$", script.read_text(), re.M)
        yield script.with_name(script.name.replace(".script.md", ".wav")), 0, [], " ".join(lines)


def digit_strings(data, folder):
    """150 strings of 4, 10 or 16 spoken digits by four speakers, a fifth of a second apart, as WAV files in `folder`."""
    clips = {}
    with tarfile.open(data / "fsdd_digits/fsdd_4spk.tar.gz") as archive:
        for member in archive:
            if member.name.endswith(".wav"):
                digit, speaker, _ = pathlib.Path(member.name).stem.split("_")
                with wave.open(archive.extractfile(member)) as clip:
                    clips.setdefault((speaker, digit), []).append(clip.readframes(clip.getnframes()))
    chance = random.Random(4)
    for index in range(150):
        speaker = chance.choice(sorted({speaker for speaker, _ in clips}))
        said = [chance.choice("0123456789") for _ in range((4, 10, 16)[index % 3])]
        silence = bytes(2 * 8000 // 5)
        sound = silence * 2 + silence.join(chance.choice(clips[speaker, digit]) for digit in said) + silence * 4
        path = pathlib.Path(folder) / f"{index}.wav"
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(sound)
        yield path, 0, [[0, 60_000]], " ".join(said)


NAMES = "zero one two three four five six seven eight nine".split()


def digits(text):
    """Words, with each digit by itself: "42" and "four two" are the same, for a model writes now one, now the other."""
    said = [str(NAMES.index(word)) if word in NAMES else "0" if word == "oh" else word for word in words(text)]
    return re.findall(r"\d|[a-z']+", " ".join(said))


def expected_terms(calls):
    """Names and products that a tenant would list: words with a capital inside a sentence."""
    found = set()
    for _, _, _, text in calls:
        found |= set(re.findall(r"(?<=[a-z,] )[A-Z][a-z]{3,}", text))
    return sorted(found - set(calendar.day_name) - set(calendar.month_name))


def measure_keyterms(calls, strangers):
    """Terms of the demo calls that are heard: without being told of them, and with them among a hundred."""
    calls = list(calls)
    terms = expected_terms(calls)
    hundred = terms + [term for term in expected_terms(strangers) if term not in terms][:100 - len(terms)]
    for told in ([], hundred):
        heard = false = said = wrong = total = 0
        for answer, (_, _, _, text) in zip(listen(calls, True, told), calls, strict=True):
            out, true = words(" ".join(final["text"] for final in answer["live"])), words(text)
            wrong, total = wrong + edits(true, out), total + len(true)
            for term in (term.lower() for term in hundred):
                said += true.count(term)
                heard += min(true.count(term), out.count(term))
                false += max(0, out.count(term) - true.count(term))
        same = {"set": "keyterms", "terms": len(told)}
        print_figure("wer", "terms_heard", heard / said, "share", said, **same)
        print_figure("wer", "terms_false", false, "terms", total, **same)
        print_figure("wer", "live", wrong / total, "share", total, **same)


def wanted(name):
    return any(word in name for word in os.environ.get("SETS", "").split(","))


def listen(items, mulaw, keyterms=()):
    models = ["--models", os.environ["MODELS"]] if "MODELS" in os.environ else []
    more = {"mulaw": mulaw} | ({"keyterms": keyterms} if keyterms else {})
    requests = "".join(json.dumps({"wav": str(wav), "channel": channel, "spans": spans} | more) + "\n" for wav, channel, spans, _ in items)
    program = subprocess.run([ROOT / "build/bench_listen", *models], input=requests, capture_output=True, text=True, cwd=ROOT)
    if program.returncode:
        sys.exit(f"wer: {program.stderr.strip()}")
    return [json.loads(line) for line in program.stdout.splitlines()]


def measure(name, items, mulaw):
    if not wanted(name):
        return
    items = list(items)
    said = live = whole = audio = cpu = 0
    for answer, (_, _, _, text) in zip(listen(items, mulaw), items, strict=True):
        said += len(digits(text))
        live += edits(digits(text), digits(" ".join(final["text"] for final in answer["live"])))
        whole += edits(digits(text), digits(" ".join(answer["whole"])))
        audio += answer["audio_s"]
        cpu += answer["cpu_s"]
    same = {"set": name, "band": "8 kHz mu-law" if mulaw else "as recorded"}
    print_figure("wer", "live", live / said, "share", said, **same)
    print_figure("wer", "cpu", cpu / audio, "s/s", round(audio), **same)
    if not any(spans for _, _, spans, _ in items):
        return
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
    with tempfile.TemporaryDirectory() as folder:
        measure("digit strings", digit_strings(data, folder), True)
    measure("vcon", vcon(data), True)
    measure("human agents", human_agents(data), True)
    if wanted("keyterms"):
        measure_keyterms(demo(), vcon(data))


if __name__ == "__main__":
    main()
