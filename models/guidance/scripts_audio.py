#!/usr/bin/env python3
"""scripts, as audio: the calls of eval_scripts.cpp once more, over a running server at real speed. The agent is the
recording that comes with each script (a person with an accent); the caller's lines, which nobody recorded, are spoken by
a synthesiser into the gaps that the recording leaves, and where one is too short it is made longer. Prints `right` and
`wrong_per_call` with "input":"audio", judged as eval_scripts.cpp does. With --explain what was shown.

Needs SOTTO_DATA, build/sotto, build/eval_scripts."""
import concurrent.futures
import datetime
import difflib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/system"), str(ROOT / "demo"), str(ROOT / "bench")]
from harness import BIN, Server  # noqa: E402
from live import print_figure  # noqa: E402

from render import NOISE_DBFS, RATE, speak_all, telephone, write_mulaw  # noqa: E402

DATA = pathlib.Path(os.environ["SOTTO_DATA"]) / "aws_lca_calls"
SCRIPTS = ["demo_agent", "demo_agent1"]
IN_TIME_MS, BETWEEN_MS = 2000, 300


def wilson(hits, n, z=1.96):
    share, whole = hits / n, 1 + z * z / n
    half = z / whole * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    middle = (share + z * z / (2 * n)) / whole
    return [round(middle - half, 4), round(middle + half, 4)]


def plain(text):
    """As a synthesiser takes it: typographers' signs are no letters."""
    return text.translate(str.maketrans("\u2018\u2019\u201c\u201d\u2013", "''\"\"-")).encode("ascii", "ignore").decode()


def words(text):
    return re.findall(r"[a-z0-9']+", plain(text).lower())


def spoken_at(recording, lines):
    """Start and end in ms of each of the agent's lines in the recording, by what a recogniser heard there."""
    done = subprocess.run([BIN, "transcribe", "--json", recording], cwd=ROOT, check=True, capture_output=True, text=True)
    heard = [word for said in json.loads(done.stdout)["channels"][0]["utterances"] for word in said["words"]]
    written = [(number, word) for number, line in enumerate(lines) for word in words(line)]
    matcher = difflib.SequenceMatcher(None, [word for _, word in written], [" ".join(words(word["text"])) for word in heard], False)
    spans = {}
    for block in matcher.get_matching_blocks():
        for i in range(block.size):
            word = heard[block.b + i]
            start, end = spans.get(written[block.a + i][0], (word["start_ms"], 0))
            spans[written[block.a + i][0]] = (min(start, word["start_ms"]), max(end, word["end_ms"]))
    return spans


def cut(samples, spans, order):
    """The agent's audio line by line: each from the middle of the hush before it to the middle of the hush after it."""
    known = [number for number in order if number in spans]
    pieces = {}
    for at, number in enumerate(known):
        start, end = spans[number]
        before = spans[known[at - 1]][1] if at else max(0, start - 1000)
        after = spans[known[at + 1]][0] if at + 1 < len(known) else end + 1000
        pieces[number] = samples[(before + start) // 2 * RATE // 1000:(end + after) // 2 * RATE // 1000]
    return pieces


def compose(name, lines, out):
    """Writes the call; returns what is expected when: [{from_ms, until_ms, entry}]."""
    agent_lines = [line["text"] for line in lines if line["kind"] == "A"]
    recording = DATA / f"{name}.wav"
    spans = spoken_at(recording, agent_lines)
    pieces = cut(telephone(recording), spans, range(len(agent_lines)))
    caller = iter(speak_all([("slt", plain(line["text"])) for line in lines if line["kind"] == "C"]))
    channels, expected = {"C": [], "A": []}, []
    at, agent, caller_ms, hush = RATE, 0, 0, BETWEEN_MS * RATE // 1000
    for line in lines:
        if line["kind"] == "S":
            if line["entry"]:
                expected.append({"from_ms": caller_ms, "until_ms": (at - hush) * 1000 // RATE + IN_TIME_MS, "entry": line["entry"]})
            continue
        if line["kind"] == "C":
            samples = next(caller)[0]
        else:
            samples, agent = pieces.get(agent, numpy.zeros(0)), agent + 1
        channels[line["kind"]].append((at, samples))
        at += len(samples)
        caller_ms = at * 1000 // RATE if line["kind"] == "C" else caller_ms
        at += hush
    length = at + 3 * RATE
    stereo = numpy.random.default_rng(1).normal(0, 10 ** (NOISE_DBFS / 20), (length, 2))
    for side, kind in enumerate("CA"):
        for start, samples in channels[kind]:
            stereo[start:start + len(samples), side] += samples
    write_mulaw(out, numpy.clip(stereo, -1, 1))
    return expected, len(agent_lines) - len(pieces)


def cues_of(server, name, wav):
    """At the time each was shown, in ms since the call began: it runs at real speed."""
    code, events, error = server.call(wav, "--id", name, "--tenant", "faq", timeout=600)
    if code != 0:
        raise RuntimeError(error)
    at = {id(event): datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00")) for event in events}
    began = next(at[id(event)] for event in events if event["type"] == "sotto.call.started")
    cues = []
    for event in events:
        if event["type"] != "sotto.cue.shown":
            continue
        cue = event["data"]
        asked = cue["because"]["trigger"] == "knowledge" and cue.get("source")
        entry = (cue["source"]["file"] if asked else cue["policy"]).rsplit(".", 1)[0]
        cues.append({"at_ms": (at[id(event)] - began).total_seconds() * 1000, "entry": entry, "headline": cue["headline"]})
    return cues


def judge(name, cues, expected, explain):
    right, fitting = 0, set()
    for wanted in expected:
        found = [i for i, cue in enumerate(cues) if cue["entry"] == wanted["entry"] and wanted["from_ms"] <= cue["at_ms"] <= wanted["until_ms"]]
        fitting.update(found)
        right += bool(found)
        if explain:
            print(f'{name} {"right " if found else "missed"} {wanted["until_ms"] / 1000:6.1f} s {wanted["entry"]}', file=sys.stderr)
    for i, cue in enumerate(cues):
        if explain:
            print(f'{name} {"shown " if i in fitting else "wrong "} {cue["at_ms"] / 1000:6.1f} s {cue["entry"]} "{cue["headline"]}"', file=sys.stderr)
    return right, len(cues) - len(fitting)


def main():
    explain = "--explain" in sys.argv
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([ROOT / "build/eval_scripts", "--write", folder], cwd=ROOT, check=True)
        expected, unheard = {}, 0
        for script in SCRIPTS:
            lines = json.loads((folder / f"{script}.json").read_text())
            expected[script], lost = compose(script, lines, folder / f"{script}.wav")
            unheard += lost
        print(f"{unheard} of the agents' lines are not in their recordings", file=sys.stderr)
        with Server(settings=f"policies: {folder}/policies\nknowledge: {folder}/knowledge\n") as server, \
                concurrent.futures.ThreadPoolExecutor(len(SCRIPTS)) as pool:
            cues = dict(zip(SCRIPTS, pool.map(lambda script: cues_of(server, script, folder / f"{script}.wav"), SCRIPTS)))
    results = [judge(script, cues[script], expected[script], explain) for script in SCRIPTS]
    total = sum(len(wanted) for wanted in expected.values())
    print_figure("scripts", "right", sum(right for right, _ in results) / total, "share", total, ci95=wilson(sum(right for right, _ in results), total), floor=0.6, aim=0.85, input="audio")
    print_figure("scripts", "wrong_per_call", sum(wrong for _, wrong in results) / len(SCRIPTS), "cues a call", len(SCRIPTS), floor=2, aim=0, input="audio")


main()
