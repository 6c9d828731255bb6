#!/usr/bin/env python3
"""Renders the demo calls: scripts/*.yaml -> OUT/<name>.wav (left customer, right agent) and <name>.truth.json.

Two voices (festival slt-hts: the customer; flite rms: the agent), band-limited to 300-3400 Hz, 8 kHz, line noise at -50 dBFS, mu-law.
Everything random comes from the script's seed, so the same script gives the same call. Truth is exact: word times are the
synthesisers' own. Needs festival, flite (words_flite.c) and sox from Debian; numpy.

Usage: render.py OUT [NAME...]      render.py --lines OUT FILE   (FILE: JSON list of {id, voice, text}; for tests and benchmarks)
"""
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import wave

import numpy
import yaml

RATE = 8000
NOISE_DBFS = -50.0
LEVEL_DBFS = -23.0
HERE = pathlib.Path(__file__).resolve().parent
VOICES = {"customer": "slt", "agent": "rms"}  # the two that a recogniser understands best; awb is for tests


def compile_words_flite(folder: pathlib.Path) -> pathlib.Path:
    program = folder / "words_flite"
    libraries = ["-lflite_cmu_us_rms", "-lflite_cmu_us_awb", "-lflite_usenglish", "-lflite_cmulex", "-lflite", "-lm"]
    subprocess.run(["clang-19", "-O1", HERE / "words_flite.c", "-o", program, *libraries], check=True)
    return program


def parse_words(text: str) -> list[tuple[float, float, str]]:
    rows = (line.split(maxsplit=2) for line in text.splitlines() if line.strip())
    return [(float(start), float(end), word) for start, end, word in rows]


def speak_festival(lines: list[tuple[pathlib.Path, str]]) -> list:
    """One festival for all lines: it takes seconds to load."""
    program = ["(voice_cmu_us_slt_arctic_hts)"]
    for path, text in lines:
        quoted = text.replace("\\", "").replace('"', "'")
        program.append(f'(set! utt (SynthText "{quoted}")) (utt.save.wave utt "{path}" (quote riff))')
        program.append('(mapcar (lambda (w) (format t "%f %f %s\\n" (item.feat w "word_start") (item.feat w "word_end")'
                       ' (item.name w))) (utt.relation.items utt (quote Word))) (format t "--\\n")')
    script = "\n".join(program).encode()
    with tempfile.NamedTemporaryFile(suffix=".scm") as file:
        file.write(script)
        file.flush()
        printed = subprocess.run(["festival", "-b", file.name], check=True, capture_output=True, text=True).stdout
    return [parse_words(block) for block in printed.split("--\n")[:-1]]


def telephone(path: pathlib.Path) -> numpy.ndarray:
    """What a telephone line leaves of a recording: 8 kHz, 300-3400 Hz, at one level."""
    raw = subprocess.run(["sox", path, "-t", "raw", "-r", str(RATE), "-e", "signed", "-b", "16", "-c", "1", "-",
                          "sinc", "300-3400"], check=True, capture_output=True).stdout
    samples = numpy.frombuffer(raw, dtype="<i2").astype(float) / 32768
    loud = samples[numpy.abs(samples) > 0.01]
    level = numpy.sqrt(numpy.mean(loud ** 2)) if len(loud) else 1.0
    return samples * (10 ** (LEVEL_DBFS / 20) / level)


def trim(samples: numpy.ndarray, words: list) -> tuple[numpy.ndarray, list]:
    """From the first word's start to the last word's end: the synthesiser's own silence is not part of the turn."""
    start, end = int(words[0][0] * RATE), min(len(samples), int(words[-1][1] * RATE))
    return samples[start:end], [(a - words[0][0], b - words[0][0], word) for a, b, word in words]


def speak_all(pieces: list[tuple[str, str]]) -> list[tuple[numpy.ndarray, list]]:
    """(voice, text) -> (samples at 8 kHz, [(start s, end s, word)])."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        paths = [folder / f"{i}.wav" for i in range(len(pieces))]
        slt = [i for i, (voice, _) in enumerate(pieces) if voice == "slt"]
        times: dict[int, list] = dict(zip(slt, speak_festival([(paths[i], pieces[i][1]) for i in slt]))) if slt else {}
        flite = compile_words_flite(folder)
        for i, (voice, text) in enumerate(pieces):
            if voice != "slt":
                times[i] = parse_words(subprocess.run([flite, voice, paths[i], text], check=True, capture_output=True, text=True).stdout)
        return [trim(telephone(paths[i]), times[i]) for i in range(len(pieces))]


def place(script: dict, chance: random.Random):
    """Puts the turns on one time line. Returns (turns, words, marks of the call pause, length in samples, audio pieces)."""
    texts = [[part.strip() for part in turn["text"].split("|")] for turn in script["turns"]]
    voices = script.get("voices", VOICES)
    spoken = iter(speak_all([(voices[turn["who"]], part) for turn, parts in zip(script["turns"], texts) for part in parts]))
    at, turns, words, audio, pauses = int(0.8 * RATE), [], [], [], []
    for turn, parts in zip(script["turns"], texts):
        at = max(0, at + turn.get("gap", 300) * RATE // 1000)
        record = {"track": turn["who"], "start_ms": at * 1000 // RATE, "text": " ".join(parts), "pauses": []}
        if turn.get("pause") == "start":
            pauses.append({"start_ms": (at - RATE // 4) * 1000 // RATE})
        for index, _ in enumerate(parts):
            if index:
                hush = chance.randint(200, 900) * RATE // 1000
                record["pauses"].append({"start_ms": at * 1000 // RATE, "end_ms": (at + hush) * 1000 // RATE})
                at += hush
            samples, spans = next(spoken)
            audio.append((turn["who"], at, samples))
            words += [{"track": turn["who"], "text": word, "start_ms": round(at * 1000 / RATE + start * 1000),
                       "end_ms": round(at * 1000 / RATE + end * 1000), "turn": len(turns)} for start, end, word in spans]
            at += len(samples)
        record["end_ms"] = at * 1000 // RATE
        if turn.get("pause") == "end":
            pauses[-1]["end_ms"] = (at + RATE // 4) * 1000 // RATE
        turns.append(record)
    return turns, words, pauses, at + RATE, audio


def expected_cues(script: dict, words: list) -> list:
    cues = []
    for number, turn in enumerate(script["turns"]):
        if "expect" not in turn:
            continue
        said = [w for w in words if w["turn"] == number and w["text"].lower().strip(".,?!") == turn["word"].lower()]
        if not said:
            raise SystemExit(f'{script["title"]}: turn {number} does not say "{turn["word"]}"')
        cues.append({"policy": turn["expect"], "word": turn["word"], "track": turn["who"], "turn": number,
                     "start_ms": said[-1]["start_ms"], "end_ms": said[-1]["end_ms"]})
    return cues


def write_call(out: pathlib.Path, name: str, script: dict) -> None:
    chance = random.Random(script["seed"])
    turns, words, pauses, length, audio = place(script, chance)
    noise = numpy.random.default_rng(script["seed"]).normal(0, 10 ** (NOISE_DBFS / 20), (2, length))
    channels = {"customer": noise[0], "agent": noise[1]}
    for who, at, samples in audio:
        channels[who][at:at + len(samples)] += samples[:max(0, length - at)]
    stereo = numpy.clip(numpy.stack([channels["customer"], channels["agent"]], axis=1), -1, 1)
    write_mulaw(out / f"{name}.wav", stereo)
    truth = {"name": name, "title": script["title"], "tenant": script["tenant"], "agent": script["agent"], "rate": RATE,
             "duration_ms": length * 1000 // RATE, "turns": turns, "words": words, "pauses": pauses,
             "cues": expected_cues(script, words)}
    (out / f"{name}.truth.json").write_text(json.dumps(truth, indent=1) + "\n")


def write_mulaw(path: pathlib.Path, samples: numpy.ndarray) -> None:
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    with tempfile.NamedTemporaryFile(suffix=".wav") as linear:
        with wave.open(linear.name, "wb") as file:
            file.setnchannels(channels)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes((samples * 32767).astype("<i2").tobytes())
        subprocess.run(["sox", "-D", linear.name, "-e", "mu-law", path], check=True)


def write_lines(out: pathlib.Path, file: pathlib.Path) -> None:
    """Single sentences, one mono file each, with 0.5 s of line noise on both sides."""
    lines = json.loads(file.read_text())
    for line, (samples, words) in zip(lines, speak_all([(line["voice"], line["text"]) for line in lines])):
        padded = numpy.concatenate([numpy.zeros(RATE // 2), samples, numpy.zeros(RATE)])
        padded += numpy.random.default_rng(len(samples)).normal(0, 10 ** (NOISE_DBFS / 20), len(padded))
        write_mulaw(out / f'{line["id"]}.wav', numpy.clip(padded, -1, 1))


def main() -> None:
    if sys.argv[1] == "--lines":
        out = pathlib.Path(sys.argv[2])
        out.mkdir(parents=True, exist_ok=True)
        return write_lines(out, pathlib.Path(sys.argv[3]))
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    names = sys.argv[2:] or sorted(path.stem for path in (HERE / "scripts").glob("*.yaml"))
    for count, name in enumerate(names, 1):
        print(f"[{count}/{len(names)}] {name}", flush=True)
        write_call(out, name, yaml.safe_load((HERE / "scripts" / f"{name}.yaml").read_text()))


if __name__ == "__main__":
    main()
