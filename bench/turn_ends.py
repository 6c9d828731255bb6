"""Ends of turns, and what an endpoint makes of them: on the demo calls, whose truth is known, and on recorded calls of people (SOTTO_DATA),
whose turns were marked by hand: read with all their pauses and the other party's words, before any wait was tuned. The live path runs in virtual
time (bench_listen)."""
import json
import math
import os
import pathlib
import subprocess

from live import ROOT, joined, mark_last_words, mark_secret

# [start, end] of each turn in seconds, by file and channel; what nobody said is left out. A speaker who goes on after a pause, while the
# other one is silent, is in the same turn, but for one (34.9) that was thanks and then another matter.
RECORDED = {
    ("aws_lca_calls/Auto_Repairs_40_agent.wav", 0): [
        [0.2, 5.9], [44.7, 50.8], [56.7, 58.1], [65.3, 73.7], [90.3, 118.5], [140.3, 165.7], [201.4, 212.1], [215.6, 217.6], [220.8, 228.4],
        [232.4, 234.4], [239.2, 244.5]],
    ("aws_lca_calls/Auto_Repairs_40_caller.wav", 0): [
        [6.6, 42.8], [51.7, 56.0], [59.2, 64.4], [75.9, 91.3], [119.9, 139.5], [166.6, 201.0], [212.6, 215.2], [218.0, 220.3], [229.4, 232.1],
        [235.1, 238.9], [242.2, 245.2]],
    ("vendor_clips/genesys_audiohook_2ch_ulaw8k.wav", 0): [
        [0.0, 4.3], [10.7, 14.1], [17.4, 20.3], [26.5, 31.8], [40.8, 56.8], [59.9, 62.7], [66.5, 69.7]],
    ("vendor_clips/genesys_audiohook_2ch_ulaw8k.wav", 1): [
        [4.9, 9.4], [14.3, 15.7], [21.1, 25.0], [33.0, 34.9], [36.6, 39.6], [58.7, 59.6], [63.5, 65.9]],
}
DEMO = ["airline", "bank", "cancel", "fault", "payment", "telecom"]
AT_ONCE_MS = 150  # where a mark and the end of a voice may lie apart


def recorded():
    data = pathlib.Path(os.environ["SOTTO_DATA"])
    for (name, channel), turns in RECORDED.items():
        yield data / name, channel, False, [[start * 1000, end * 1000] for start, end in turns]


def demo():
    for name in DEMO:
        path = ROOT / f"build/demo/{name}.wav"
        if not path.exists():
            continue
        truth = json.loads(path.with_name(f"{name}.truth.json").read_text())
        truth["turns"] = joined(truth["turns"])
        mark_secret(truth)
        mark_last_words(truth)
        for channel, track in enumerate(("customer", "agent")):
            turns = [turn for turn in truth["turns"] if turn["track"] == track and not turn["secret"]]
            yield path, channel, True, [[turn["start_ms"], turn["last_word_ms"] + AT_ONCE_MS] for turn in turns]


def heard(calls, waits=None):
    """The finals of each call: [{from_ms, to_ms, end_ms, at_ms, reason, text}]. `waits`: (finished, open) in ms."""
    requests = "".join(json.dumps({"wav": str(path), "channel": channel, "mulaw": mulaw, "spans": []}) + "\n" for path, channel, mulaw, _ in calls)
    flags = ["--waits", f"{waits[0]},{waits[1]}"] if waits else []
    answers = subprocess.run([ROOT / "build/bench_listen", *flags], input=requests, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return [json.loads(line)["live"] for line in answers.splitlines()]


def cut(finals, turn):
    """An endpoint ended a final inside the turn, before its last words. Cuts of continuous speech have another reason."""
    start, end = turn
    return any(final["reason"] == "endpoint" and start + AT_ONCE_MS < final["end_ms"] <= end - AT_ONCE_MS for final in finals)


def cuts(calls, finals):
    """(turns that were cut, turns)."""
    judged = [cut(of_call, turn) for (_, _, _, turns), of_call in zip(calls, finals, strict=True) for turn in turns]
    return sum(judged), len(judged)


def interval(hits, n, z=1.96):
    """Wilson's, 95 %."""
    share, spread = (hits + z * z / 2) / (n + z * z), z * math.sqrt(hits * (n - hits) / n + z * z / 4) / (n + z * z)
    return [round(share - spread, 3), round(share + spread, 3)]
