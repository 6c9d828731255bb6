"""Who speaks in one-channel recordings, by the live path in virtual time (build/bench_speakers). Prints one JSON object a figure.

Diarization error rate: missed + false alarm + confusion over the speech of the reference, two voices at once counted twice, 250 ms
collar, best mapping of the two parties. Speech is what the recogniser wrote words for, so what it does not hear is missed. Beside
it: `one` (everything is one speaker) and `alternate` (another speaker after each pause of 120 ms) with the same words.
Role: share of the recognised words that stand in the truth (by alignment of the texts) and were given to the right party; `first`:
before corrections. Demo calls: both channels summed. vcon_tts_calls: the half that models/speakers did not learn words from.
With SOTTO_DATA also libri_speech_mix, pyannote_debug, vcon_tts_calls, aws_lca_calls.   Usage: speakers.py [SET...]"""
import collections
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys

import numpy

from live import DEMOS, ROOT, print_figure, words

STEP_MS, COLLAR_MS, JOIN_MS = 10, 250, 300


# --- what is listened to ---

def read_rttm(path):
    spans = collections.defaultdict(list)
    for line in open(path):
        kind, name, _, start, length, _, _, speaker, *_ = line.split()
        if kind == "SPEAKER":
            start, length = float(start) * 1000, float(length) * 1000
            spans[name].append((speaker, start, start + length))
    return spans


def joined(spans):
    """Spans of one speaker less than JOIN_MS apart are one."""
    out = []
    for speaker, start, end in sorted(spans, key=lambda s: (s[0], s[1])):
        if out and out[-1][0] == speaker and start - out[-1][2] <= JOIN_MS:
            out[-1] = (speaker, out[-1][1], max(out[-1][2], end))
        else:
            out.append((speaker, start, end))
    return out


def rendered(folder, names):
    for name in names:
        truth = json.loads((folder / f"{name}.truth.json").read_text())
        spans = joined([(word["track"], word["start_ms"], word["end_ms"]) for word in truth["words"]])
        said = [(word["track"], piece) for word in sorted(truth["words"], key=lambda w: w["start_ms"]) for piece in words(word["text"])]
        yield {"wav": folder / f"{name}.wav", "mulaw": True, "spans": spans, "said": said}


def libri(data):
    for path in sorted((data / "nemo_testdata_speech/libri_speech_mix/rttm").glob("*.rttm")):
        wav = path.parents[1] / f"flac/{path.stem}.flac"
        yield {"wav": wav, "mulaw": False, "spans": next(iter(read_rttm(path).values())), "said": None}


def pyannote(data):
    folder = data / "pyannote_debug"
    yield {"wav": folder / "sample_2spk_phone.flac", "mulaw": True, "spans": read_rttm(folder / "sample_2spk_phone.rttm")["sample"], "said": None}
    spans = {**read_rttm(folder / "debug.development.rttm"), **read_rttm(folder / "debug.train.rttm")}
    for name in sorted(spans):
        if (folder / f"{name}.flac").exists():
            yield {"wav": folder / f"{name}.flac", "mulaw": False, "spans": spans[name], "said": None}


def vcon(data, half):
    for number, path in enumerate(sorted((data / "vcon_tts_calls").glob("*.vcon.json"))):
        if number % 2 != half:
            continue
        turns = json.load(open(path))["analysis"][0]["body"]
        said = [(turn["speaker"].lower(), word) for turn in turns for word in words(turn["message"])]
        yield {"wav": str(path).replace(".vcon.json", ".mp3"), "mulaw": True, "spans": None, "said": said}


# --- figures ---

def timeline(spans, length, names):
    grid = numpy.zeros((len(names), length), dtype=bool)
    for speaker, start, end in spans:
        grid[names.index(speaker), int(start / STEP_MS):int(end / STEP_MS)] = True
    return grid


def errors(reference, guess, ms):
    """[missed, false alarm, confusion, speech] in steps, collars left out."""
    length = int(ms / STEP_MS) + 100
    names = sorted({speaker for speaker, _, _ in reference})
    true, said = timeline(reference, length, names), timeline(guess, length, ["agent", "customer"])
    counted = numpy.ones(length, dtype=bool)
    for _, start, end in reference:
        for edge in (start, end):
            counted[max(0, int((edge - COLLAR_MS) / STEP_MS)):int((edge + COLLAR_MS) / STEP_MS)] = False
    true, said = true[:, counted], said[:, counted]
    there, heard = true.sum(0), said.sum(0)
    slots = [*range(len(names)), *([None] * (2 - len(names)))]
    right = max(sum((true[name] & said[party]).sum() for party, name in enumerate(pair) if name is not None) for pair in itertools.permutations(slots, 2))
    both = numpy.minimum(there, heard).sum()
    return numpy.array([numpy.maximum(there - heard, 0).sum(), numpy.maximum(heard - there, 0).sum(), both - right, there.sum()])


def spans_of(heard, speaker):
    """Of words in order: a span goes on while its speaker does and no pause is between."""
    out = []
    for word in heard:
        who = speaker(word)
        if out and out[-1][0] == who and word["start_ms"] - out[-1][2] <= JOIN_MS:
            out[-1] = (who, out[-1][1], word["end_ms"])
        else:
            out.append((who, word["start_ms"], word["end_ms"]))
    return out


def alternating(heard):
    party, out = 0, {}
    for at, word in enumerate(heard):
        party ^= word["pause"] and at > 0
        out[id(word)] = ["agent", "customer"][party]
    return lambda word: out[id(word)]


def matched(said, heard):
    """Pairs (index in said, index in heard) of equal words: longest common subsequence."""
    table = numpy.zeros((len(said) + 1, len(heard) + 1), dtype=int)
    for i in range(len(said) - 1, -1, -1):
        for j in range(len(heard) - 1, -1, -1):
            table[i, j] = table[i + 1, j + 1] + 1 if said[i] == heard[j] else max(table[i + 1, j], table[i, j + 1])
    i, j, out = 0, 0, []
    while i < len(said) and j < len(heard):
        if said[i] == heard[j]:
            out.append((i, j))
            i, j = i + 1, j + 1
        elif table[i + 1, j] >= table[i, j + 1]:
            i += 1
        else:
            j += 1
    return out


def roles(said, heard, alternate):
    """[words matched, right, right as first told, right if everything were the customer's, right by alternating, best of either]"""
    flat = [(word, piece) for word in heard for piece in words(word["text"])]
    pairs = matched([word for _, word in said], [piece for _, piece in flat])
    counts = numpy.zeros(6)
    sure = numpy.zeros(2)
    turns = numpy.zeros(2)
    for i, j in pairs:
        word, truth = flat[j][0], said[i][0]
        counts += [1, word["speaker"] == truth, word["first"] == truth, truth == "customer", alternate(word) == truth, 0]
        sure += [word["confidence"] >= 0.8, word["confidence"] >= 0.8 and word["speaker"] == truth]
        turns += [word["speaker"] == truth, word["speaker"] != truth]
    counts[5] = turns.max()
    return counts, sure


def listen(calls):
    requests = "".join(json.dumps({"wav": str(call["wav"]), "mulaw": call["mulaw"]}) + "\n" for call in calls)
    # For tuning: what the recogniser said is kept in FINALS, a folder.
    kept = pathlib.Path(os.environ["FINALS"]) if "FINALS" in os.environ else None
    known = lambda call: kept / (pathlib.Path(call["wav"]).stem + ".json")
    if kept:
        asked = [{"wav": str(call["wav"]), "mulaw": call["mulaw"]} | ({"finals": json.loads(known(call).read_text())} if known(call).exists() else {}) for call in calls]
        requests = "".join(json.dumps(one) + "\n" for one in asked)
    answers = subprocess.run([*os.environ.get("LISTENER", f"{ROOT}/build/bench_speakers").split()], input=requests, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT).stdout
    heard = [json.loads(line) for line in answers.splitlines()]
    for call, answer in zip(calls, heard, strict=True):
        if kept:
            known(call).write_text(json.dumps(answer["finals"]))
    return heard


def measure(name, calls, verbose):
    if not calls:
        return
    sums = collections.defaultdict(lambda: numpy.zeros(4))
    role, sure, cost, ms = numpy.zeros(6), numpy.zeros(2), 0.0, 0
    for call, answer in zip(calls, listen(calls), strict=True):
        heard = answer["words"]
        alternate = alternating(heard)
        cost, ms = cost + answer["cost"] * answer["ms"], ms + answer["ms"]
        if call["spans"]:
            guesses = {"": lambda word: word["speaker"], "first": lambda word: word["first"], "one": lambda word: "agent", "alternate": alternate}
            for key, speaker in guesses.items():
                found = errors(call["spans"], spans_of(heard, speaker), answer["ms"])
                sums[key] += found
                if verbose and key == "":
                    print(pathlib.Path(call["wav"]).name, "DER %.3f miss %.3f fa %.3f conf %.3f" % (found[:3].sum() / found[3], *(found[:3] / found[3])), file=sys.stderr)
        if call["said"]:
            counts, beyond = roles(call["said"], heard, alternate)
            role, sure = role + counts, sure + beyond
            if verbose:
                print(pathlib.Path(call["wav"]).name, "words %d right %.3f first %.3f either way %.3f" % (counts[0], *(counts[[1, 2, 5]] / counts[0])), file=sys.stderr)
    if sums:
        rate = {key: found[:3].sum() / found[3] for key, found in sums.items()}
        parts = dict(zip(("missed", "false_alarm", "confusion"), (round(v, 4) for v in sums[""][:3] / sums[""][3])))
        print_figure("speakers", f"{name}_der", rate[""], "share", len(calls), speech_s=round(sums[""][3] * STEP_MS / 1000, 1), **parts,
                     first=round(rate["first"], 4), one=round(rate["one"], 4), alternate=round(rate["alternate"], 4), collar_ms=COLLAR_MS)
    if role[0]:
        print_figure("speakers", f"{name}_words_to_right_role", role[1] / role[0], "share", int(role[0]), calls=len(calls), first=round(role[2] / role[0], 4),
                     one_customer=round(role[3] / role[0], 4), alternate=round(role[4] / role[0], 4), voices_apart=round(role[5] / role[0], 4),
                     confident_share=round(sure[0] / role[0], 4), confident_right=round(sure[1] / max(1, sure[0]), 4))
    print_figure("speakers", f"{name}_core_share", cost / ms, "share of a core", len(calls))


def main():
    data = pathlib.Path(os.environ["SOTTO_DATA"]) if "SOTTO_DATA" in os.environ else None
    sets = {"demo": lambda: rendered(ROOT / "build/demo", DEMOS)}
    if data:
        sets |= {"phone": lambda: list(pyannote(data))[:1], "meeting": lambda: list(pyannote(data))[1:], "libri_mix": lambda: libri(data), "vcon": lambda: vcon(data, 1)}
    # Not reported: what the figures of speakers.h and two_voices.h were chosen on. TUNE: a folder of calls like build/demo.
    tuning = {"tune_vcon": lambda: vcon(data, 0), "tune": lambda: rendered(folder, sorted(path.stem for path in folder.glob("*.wav")))}
    folder = pathlib.Path(os.environ.get("TUNE", "."))
    asked = sys.argv[1:] or list(sets)
    for name in asked:
        measure(name, list((sets | tuning)[name]()), verbose="VERBOSE" in os.environ)


if __name__ == "__main__":
    main()
