#!/usr/bin/env python3
"""digits: what the live path (bench_listen) makes of strings of digits, and of turns of a single word, all through 8 kHz mu-law.

`digit_error`, `blank`, `runaway`: 150 strings of 4 to 16 recorded digits of one speaker (fsdd_digits), 60 to 250 ms apart. Anything was tuned
on two of the four speakers alone; `speakers` says whose figure it is. A word that is no digit is an error too.
`in_sentence`: the sentences of spoken_numbers.txt by three synthetic voices at three speeds: the string wholly right, and no digit more.
`single_words`, `right_words`: 300 turns of a single word by the same voices, some on a street: those with a final that has any word; the right one.
ONLY=strings,sentences,words: some of them. MODELS=FINALS,PARTIALS: other models than those in force. SHOW=1: what was wrong, on stderr."""
import io
import json
import os
import pathlib
import random
import subprocess
import sys
import tarfile
import tempfile
import wave

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("bench", "demo", "models/unseen", "tests/unseen/numbers")]
from live import edits, print_figure, words  # noqa: E402
from render import NOISE_DBFS, RATE, speak_all, write_mulaw  # noqa: E402
from render_calls import noise_of, stretched  # noqa: E402
from unseen_words import with_digits  # noqa: E402

TUNED_ON = ("jackson", "nicolas")
VOICES, SPEEDS = ("slt", "rms", "awb"), (0.9, 1.0, 1.12)
STRINGS, TURNS = 150, 300
WORDS = ("yes no okay correct right sure hello yeah please thanks goodbye maybe never always exactly absolutely perfect great fine sorry nothing "
         "tomorrow today Monday cancel agent what").split()
SAME = {"ok": "okay"}
HUSH_MS = 1600  # between turns, and behind the last


def hush(ms):
    return numpy.zeros(RATE * ms // 1000)


def on_a_line(samples, seed):
    return numpy.clip(samples + numpy.random.default_rng(seed).normal(0, 10 ** (NOISE_DBFS / 20), len(samples)), -1, 1)


def recorded_digits():
    """{speaker: {digit: [samples]}}"""
    clips = {}
    with tarfile.open(pathlib.Path(os.environ["SOTTO_DATA"]) / "fsdd_digits/fsdd_4spk.tar.gz") as archive:
        for member in sorted((member for member in archive if member.name.endswith(".wav")), key=lambda member: member.name):
            digit, speaker, _ = pathlib.Path(member.name).stem.split("_")
            with wave.open(io.BytesIO(archive.extractfile(member).read())) as clip:
                samples = numpy.frombuffer(clip.readframes(clip.getnframes()), dtype="<i2") / 32768
            clips.setdefault(speaker, {}).setdefault(digit, []).append(samples)
    return clips


def strings(folder):
    """(wav, digits, speaker)"""
    clips, chance = recorded_digits(), random.Random(7)
    for number in range(STRINGS):
        speaker = sorted(clips)[number % len(clips)]
        said = [chance.choice("0123456789") for _ in range(chance.randint(4, 16))]
        pieces = [hush(400)]
        for digit in said:
            pieces += [chance.choice(clips[speaker][digit]), hush(chance.randint(60, 250))]
        wav = folder / f"string-{number}.wav"
        write_mulaw(wav, on_a_line(numpy.concatenate([*pieces, hush(HUSH_MS)]), number))
        yield wav, "".join(said), speaker


def sentences(folder):
    """(wav, text, voice)"""
    lines = [line for line in (pathlib.Path(__file__).with_name("spoken_numbers.txt")).read_text().splitlines() if not line.startswith("#")]
    items = [(voice, line) for voice in VOICES for line in lines]
    for number, ((voice, line), (samples, _)) in enumerate(zip(items, speak_all(items), strict=True)):
        wav = folder / f"sentence-{number}.wav"
        write_mulaw(wav, on_a_line(numpy.concatenate([hush(500), stretched(samples, SPEEDS[number % 3]), hush(HUSH_MS)]), number))
        yield wav, line, voice


def turns(folder):
    """(wav, [(start_ms, end_ms, word)], noise): one file a voice and noise."""
    chance = random.Random(8)
    plain = [(voice, speed, word, "none") for voice in VOICES for speed in SPEEDS for word in WORDS]
    noisy = [(voice, speed, word, "street") for voice, speed, word, _ in chance.sample(plain, TURNS - len(plain))]
    items = plain + noisy
    chance.shuffle(items)
    spoken = dict(zip(((voice, word) for voice in VOICES for word in WORDS), speak_all([(voice, word) for voice in VOICES for word in WORDS]), strict=True))
    for number, (voice, noise) in enumerate((voice, noise) for voice in VOICES for noise in ("none", "street")):
        at, pieces, said = RATE, [hush(1000)], []
        for _, speed, word, _ in (item for item in items if item[0] == voice and item[3] == noise):
            samples = stretched(spoken[voice, word][0], speed)
            said.append((at * 1000 // RATE, (at + len(samples)) * 1000 // RATE, word))
            pause = hush(HUSH_MS + chance.randint(0, 800))
            pieces += [samples, pause]
            at += len(samples) + len(pause)
        sound = numpy.concatenate(pieces)
        if noise == "street":
            sound = sound + noise_of("street", len(sound), number, None)
        wav = folder / f"words-{number}.wav"
        write_mulaw(wav, on_a_line(sound, number))
        yield wav, said, noise


def listened(wavs):
    """The finals of each."""
    models = ["--models", os.environ["MODELS"]] if "MODELS" in os.environ else []
    requests = "".join(json.dumps({"wav": str(wav), "channel": 0, "mulaw": True, "spans": []}) + "\n" for wav in wavs)
    program = subprocess.run([ROOT / "build/bench_listen", *models], input=requests, capture_output=True, text=True, cwd=ROOT)
    if program.returncode:
        sys.exit(f"digits: {program.stderr.strip()}")
    return [json.loads(line)["live"] for line in program.stdout.splitlines()]


def text_of(finals):
    return " ".join(final["text"] for final in finals if final["text"])


def digit_of(token):
    return "0" if token in ("o", "oh") else token


def show(*what):
    if os.environ.get("SHOW"):
        print(*what, sep="\t", file=sys.stderr)


def share(figure, rows, **conditions):
    """Of [(count, of)], with its interval by bootstrap over them."""
    def of(sample):
        return sum(row[0] for row in sample) / max(1, sum(row[1] for row in sample))
    chance = random.Random(1)
    drawn = sorted(of([chance.choice(rows) for _ in rows]) for _ in range(1000))
    print_figure("digits", figure, of(rows), "share", sum(row[1] for row in rows), ci95=[round(drawn[25], 4), round(drawn[975], 4)], **conditions)


def measure_strings(folder):
    items = list(strings(folder))
    rows = []
    for (_, said, speaker), finals in zip(items, listened([item[0] for item in items]), strict=True):
        tokens = [digit_of(token) for token in with_digits(text_of(finals))]
        wrong = edits(list(said), tokens)
        rows.append((speaker, wrong, len(said), not tokens, sum(map(str.isdigit, tokens)) > 1.5 * len(said) + 2))
        if wrong:
            show("string", speaker, said, " | ".join(final["text"] for final in finals))
    speakers = sorted({row[0] for row in rows})
    for name, among in [("all", speakers), ("unseen", [one for one in speakers if one not in TUNED_ON]), *((one, [one]) for one in speakers)]:
        chosen = [row for row in rows if row[0] in among]
        share("digit_error", [row[1:3] for row in chosen], floor=0.15, aim=0.05, speakers=name)
        if name in ("all", "unseen"):
            share("strings_right", [(row[1] == 0, 1) for row in chosen], speakers=name)
            print_figure("digits", "blank", sum(row[3] for row in chosen), "strings", len(chosen), floor=0, aim=0, speakers=name)
            print_figure("digits", "runaway", sum(row[4] for row in chosen), "strings", len(chosen), floor=0, aim=0, speakers=name)


def measure_sentences(folder):
    items = list(sentences(folder))
    rows = []
    for (_, line, voice), finals in zip(items, listened([item[0] for item in items]), strict=True):
        said, heard = ([digit_of(token) for token in with_digits(text) if digit_of(token).isdigit()] for text in (line, text_of(finals)))
        rows.append((voice, said == heard))
        if said != heard:
            show("sentence", voice, line, " | ".join(final["text"] for final in finals))
    share("in_sentence", [(right, 1) for _, right in rows], floor=0.97, aim=0.99)
    for voice in VOICES:
        share("in_sentence", [(right, 1) for who, right in rows if who == voice], voice=voice)


def heard_in(finals, start, end):
    """The words of the finals that overlap a turn."""
    return words(" ".join(final["text"] for final in finals if final["text"] and final["from_ms"] < end and final["to_ms"] > start))


def measure_words(folder):
    items = list(turns(folder))
    rows = []
    for (_, said, noise), finals in zip(items, listened([item[0] for item in items]), strict=True):
        for start, end, word in said:
            heard = heard_in(finals, start, end)
            right = [SAME.get(one, one) for one in heard] == [word.lower()]
            rows.append((noise, bool(heard), right))
            if not right:
                show("word", noise, word, " ".join(heard))
    share("single_words", [(any_word, 1) for _, any_word, _ in rows], floor=0.99, aim=0.998)
    share("right_words", [(right, 1) for _, _, right in rows])
    for name in ("none", "street"):
        share("single_words", [(any_word, 1) for noise, any_word, _ in rows if noise == name], noise=name)
        share("right_words", [(right, 1) for noise, _, right in rows if noise == name], noise=name)


def main():
    only = os.environ.get("ONLY", "strings,sentences,words").split(",")
    with tempfile.TemporaryDirectory() as name:
        for part, measure in (("strings", measure_strings), ("sentences", measure_sentences), ("words", measure_words)):
            if part in only:
                measure(pathlib.Path(name))


if __name__ == "__main__":
    main()
