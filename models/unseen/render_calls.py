"""Audio of the calls of tests/unseen: two voices on a telephone line (demo/render.py), each at one of three speeds, with the noise that
the call's file names behind the customer. Everything random comes from the call's name, so the same call gives the same audio; it is kept
under XDG_CACHE_HOME until the call or the renderer changes."""
import hashlib
import json
import os
import pathlib
import random
import subprocess
import sys

import numpy
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "demo"))
from render import LEVEL_DBFS, NOISE_DBFS, RATE, speak_all, write_mulaw  # noqa: E402

SPEEDS = (0.9, 1.0, 1.12)
SNR_DB = {"babble": 15, "street": 12}
VOICES = {"female": ("slt",), "male": ("rms", "awb")}
BABBLE_VOICES, BABBLE_LINES = 5, 24
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "sotto/unseen-calls"


def calls_of(part):
    """[(path, call)] of the part, and of no other."""
    loaded = [(path, yaml.safe_load(path.read_text())) for path in sorted((ROOT / "tests/unseen/calls").glob("*.yaml"))]
    return [(path, call) for path, call in loaded if call["part"] == part]


def plain(text):
    """As a synthesiser takes it: typographers' signs are no letters."""
    return text.translate(str.maketrans("\u2018\u2019\u201c\u201d\u2013", "''\"\"-")).encode("ascii", "ignore").decode()


def stretched(samples, speed):
    if speed == 1.0:
        return samples
    raw = ["-t", "raw", "-r", str(RATE), "-e", "signed", "-b", "16", "-c", "1", "-"]
    done = subprocess.run(["sox", "-D", *raw, *raw, "tempo", "-s", str(speed)], check=True, capture_output=True,
                          input=(numpy.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return numpy.frombuffer(done.stdout, dtype="<i2").astype(float) / 32768


def at_level(noise, dbfs):
    return noise * (10 ** (dbfs / 20) / numpy.sqrt(numpy.mean(noise ** 2)))


def people_talking():
    """Lines of other people, one behind the other: what a babble is made of."""
    lines = [line[2:].strip() for line in (ROOT / "models/guidance/off_topic.txt").read_text().splitlines() if line[:2] in ("a ", "c ")]
    voices = ("slt", "rms", "awb")
    spoken = speak_all([(voices[i % 3], plain(line)) for i, line in enumerate(lines[:BABBLE_LINES])])
    return numpy.concatenate([samples for samples, _ in spoken])


def noise_of(kind, length, seed, talking):
    random_numbers = numpy.random.default_rng(seed)
    if kind == "babble":
        starts = random_numbers.integers(0, len(talking), BABBLE_VOICES)
        noise = sum(numpy.resize(numpy.roll(talking, start), length) for start in starts)
    else:
        spectrum = numpy.fft.rfft(random_numbers.normal(size=length))
        spectrum /= numpy.maximum(1, numpy.fft.rfftfreq(length, 1 / RATE) / 100) ** 0.8  # the hum of motors
        passing = 1 + 0.6 * numpy.sin(2 * numpy.pi * numpy.arange(length) / (7 * RATE) + random_numbers.uniform(0, 6))
        noise = numpy.fft.irfft(spectrum, length) * passing
    return at_level(noise, LEVEL_DBFS - SNR_DB[kind])


def render(call, wav, talking):
    chance = random.Random(call["id"])
    seed = chance.getrandbits(32)
    voices = {who: chance.choice(VOICES[call["voices"][who]]) for who in ("customer", "agent")}
    speeds = {who: chance.choice(SPEEDS) for who in ("customer", "agent")}
    spoken = speak_all([(voices[turn["who"]], plain(turn["text"])) for turn in call["turns"]])
    at, turns, words, audio = RATE, [], [], []
    for number, (turn, (samples, spans)) in enumerate(zip(call["turns"], spoken, strict=True), 1):
        samples, speed = stretched(samples, speeds[turn["who"]]), speeds[turn["who"]]
        audio.append((turn["who"], at, samples))
        words += [{"track": turn["who"], "text": word, "start_ms": round(at * 1000 / RATE + start * 1000 / speed),
                   "end_ms": round(at * 1000 / RATE + end * 1000 / speed)} for start, end, word in spans]
        turns.append({"turn": number, "track": turn["who"], "start_ms": at * 1000 // RATE, "end_ms": (at + len(samples)) * 1000 // RATE, "text": turn["text"]})
        at += len(samples) + chance.randint(250, 900) * RATE // 1000
    length = at + 2 * RATE
    channels = dict(zip(("customer", "agent"), numpy.random.default_rng(seed).normal(0, 10 ** (NOISE_DBFS / 20), (2, length))))
    if call["noise"] != "none":
        channels["customer"] += noise_of(call["noise"], length, seed, talking)
    for who, start, samples in audio:
        channels[who][start:start + len(samples)] += samples
    write_mulaw(wav, numpy.clip(numpy.stack([channels["customer"], channels["agent"]], axis=1), -1, 1))
    truth = {"id": call["id"], "noise": call["noise"], "voices": voices, "speeds": speeds, "wav": str(wav), "turns": turns, "words": words}
    wav.with_suffix(".json").write_text(json.dumps(truth) + "\n")


def rendered(part):
    """The truth of each call of the part; what is not there yet is made."""
    CACHE.mkdir(parents=True, exist_ok=True)
    renderer = b"".join(path.read_bytes() for path in (pathlib.Path(__file__), ROOT / "demo/render.py", ROOT / "demo/words_flite.c"))
    talking, out = None, []
    for path, call in calls_of(part):
        wav = CACHE / f'{call["id"]}-{hashlib.sha256(renderer + path.read_bytes()).hexdigest()[:16]}.wav'
        if not wav.with_suffix(".json").exists():
            if call["noise"] == "babble" and talking is None:
                talking = people_talking()
            print(f"Rendering {call['id']}", file=sys.stderr, flush=True)
            render(call, wav, talking)
        out.append(json.loads(wav.with_suffix(".json").read_text()))
    return out
