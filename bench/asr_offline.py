#!/usr/bin/env python3
"""asr-offline: the turns of the six demo calls, whole, by our decoder and by sherpa-onnx on the published files of the same Moonshine models, in turns
on one core (taskset -c 0). `rtf`: seconds of processor time for one of audio; `ratio`: their time by ours. What cannot be had is left out and said."""
import json
import pathlib
import subprocess
import sys
import tempfile

from live import ROOT, edits, print_figure, words

MARGIN_MS = 100


class Recogniser:
    """A process that answers a file name with a text and the seconds it took."""
    def __init__(self, *command):
        self.process = subprocess.Popen(["taskset", "-c", "0", *map(str, command)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.seconds, self.errors = 0.0, 0

    def hear(self, wav):
        self.process.stdin.write(f"{wav}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"asr-offline: {self.process.args[3]} ended")
        return json.loads(line)

    def measure(self, wav, said):
        answer = self.hear(wav)
        self.seconds += answer["s"]
        self.errors += edits(words(said), words(answer["text"]))


def turns(folder):
    """(wav at 16 kHz, text, seconds)"""
    for truth_file in sorted((ROOT / "build/demo").glob("*.truth.json")):
        truth = json.loads(truth_file.read_text())
        wav = truth_file.with_name(f"{truth['name']}.wav")
        for number, turn in enumerate(truth["turns"]):
            start, end = max(0, turn["start_ms"] - MARGIN_MS) / 1000, (turn["end_ms"] + MARGIN_MS) / 1000
            path = pathlib.Path(folder) / f"{truth['name']}-{number}.wav"
            channel = "1" if turn["track"] == "customer" else "2"
            subprocess.run(["sox", "-D", wav, "-r", "16000", "-e", "signed", "-b", "16", path, "remix", channel, "trim", f"{start}", f"={end}"], check=True)
            yield path, turn["text"], end - start


def main():
    peer = ROOT / ".cache/asr-peer"
    makers = {("sotto", name): ("build/bench_asr_offline", name) for name in ("base", "tiny")}
    makers |= {("sherpa-onnx", name): (peer / "bin/python", "bench/asr_offline_peer.py", peer / name) for name in ("base", "tiny")
               if (peer / name / "tokens.txt").exists()}
    with tempfile.TemporaryDirectory() as folder:
        items = list(turns(folder))
        recognisers = {who: Recogniser(*command) for who, command in makers.items()}
        for recogniser in recognisers.values():
            recogniser.hear(items[0][0])  # the first time everything is new
        for wav, said, _ in items:
            for recogniser in recognisers.values():
                recogniser.measure(wav, said)
    audio, said = sum(seconds for _, _, seconds in items), sum(len(words(text)) for _, text, _ in items)
    for (who, model), recogniser in recognisers.items():
        same = {"by": who, "model": model, "wer": round(recogniser.errors / said, 4)}
        print_figure("asr-offline", "rtf", recogniser.seconds / audio, "s/s", len(items), **same)
    for theirs, ours in (("tiny", "tiny"), ("base", "base"), ("tiny", "base")):
        if ("sherpa-onnx", theirs) not in recognisers:
            print(f"asr-offline: without sherpa-onnx on {theirs}", file=sys.stderr)
            continue
        goals = {"floor": 1.0, "aim": 2.0} if theirs == ours else {}
        print_figure("asr-offline", "ratio", recognisers["sherpa-onnx", theirs].seconds / recognisers["sotto", ours].seconds, "times", len(items), ours=ours,
                     theirs=theirs, **goals)


main()
