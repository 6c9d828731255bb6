#!/usr/bin/env python3
"""Chooses the heads of the decoder that follow the sound (FOLLOWING of build_graph.py): greedily, those whose mean puts most words within 150 ms
of where the synthesis says they are, on the demo calls airline, bank and telecom; prints what they do on the other three.

The way from attention to times is that of src/adapters/moonshine/listening.cpp, on the model's own words of segments of up to 6.5 s.
Usage: .cache/python/bin/python models/moonshine/choose_heads.py [tiny|base]      needs build/demo, sox"""
import difflib
import json
import pathlib
import re
import subprocess
import sys

import numpy as np
import onnx

from build_graph import empty, onnxruntime

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHOSEN_ON, OTHERS = ("airline", "bank", "telecom"), ("cancel", "payment", "fault")
FRAME_MS, WITHIN_MS, SEGMENT_MS = 24, 150, 6500


class Model:
    def __init__(self, name):
        folder = ROOT / f".cache/moonshine-{name}"
        graph = onnx.load(str(folder / "decoder.onnx"))
        asks = {int(node.input[1].split(".")[1]): node.input[0] for node in graph.graph.node
                if node.op_type == "MultiHeadAttention" and node.input[1].startswith("cross.")}
        self.queries = [asks[layer] for layer in sorted(asks)]
        told = {value.name for value in graph.graph.output}
        graph.graph.output.extend(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in self.queries if name not in told)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.add_session_config_entry("session.x64quantprecision", "1")
        self.encoder = onnxruntime.InferenceSession(str(folder / "encoder.onnx"), options, providers=["CPUExecutionProvider"])
        self.decoder = onnxruntime.InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])
        self.past = [value for value in self.decoder.get_inputs() if value.name.startswith("past.")]
        self.heads, self.width = self.past[0].shape[1], self.past[0].shape[3]
        self.pieces, at, data = [], 0, (folder / "tokenizer.bin").read_bytes()
        while at < len(data):
            size, header = (data[at], 1) if data[at] < 128 else (data[at] - 128 + 128 * data[at + 1], 2)
            self.pieces.append(data[at + header:at + header + size].decode(errors="replace"))
            at += header + size

    def read(self, samples):
        """The pieces of the words, and the attention of all heads: [layers, heads, pieces + 1, frames]."""
        samples = np.pad(samples, (0, max(0, 16_000 - len(samples))))
        names = [value.name for value in self.encoder.get_outputs()]
        cross = dict(zip(names, self.encoder.run(names, {"samples": samples[None]})))
        given = cross | {value.name: empty(value).reshape(1, self.heads, 0, self.width) for value in self.past}
        outputs = ["logits", *self.queries, *(f"present.{value.name[5:]}" for value in self.past)]
        token, said, asked = 1, [], []
        while token != 2 and len(said) < 10 + 7 * len(samples) // 16_000:
            said.append(token)
            logits, *rest = self.decoder.run(outputs, given | {"ids": np.array([[token]]), "logits_from": np.array([0])})
            asked.append([query[0, 0] for query in rest[:len(self.queries)]])
            given |= {value.name: kept for value, kept in zip(self.past, rest[len(self.queries):])}
            token = int(logits[0, -1].argmax())
        attention = []
        for layer, rows in enumerate(zip(*asked)):
            query = np.array(rows).reshape(len(asked), self.heads, self.width).transpose(1, 0, 2)
            scores = query @ cross[f"cross.{layer}.key"][0].transpose(0, 2, 1) / np.sqrt(self.width)
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            attention.append(scores / scores.sum(-1, keepdims=True))
        return [self.pieces[piece] for piece in said[1:]], np.array(attention, dtype=np.float32)


def way(weights):
    """The first frame of each row, and the end: see Listening::way()."""
    rows, frames = weights.shape
    best, entered = np.full(rows, -np.inf), np.zeros((frames, rows), bool)
    best[0] = weights[0, 0]
    for frame in range(1, frames):
        before = np.concatenate([[-np.inf], best[:-1]])
        entered[frame] = before > best
        best = np.maximum(best, before) + weights[:, frame]
    starts, frame = [frames], frames - 1
    for row in range(rows - 1, 0, -1):
        while not entered[frame, row]:
            frame -= 1
        starts.append(frame)
        frame -= 1
    return [0, *starts[::-1]]


def times(segment, heads):
    starts = way(np.mean([segment["attention"][layer, head] for layer, head in heads], axis=0))
    audio, out = segment["audio"], []
    levels = 10 * np.log10(np.mean(audio[:len(audio) // 160 * 160].reshape(-1, 160) ** 2, axis=1) + 1e-9)
    loud = levels > max(np.percentile(levels, 95) - 30, np.percentile(levels, 5) + 6)
    for first, end in segment["heard"]:
        a, b = (max(0, (starts[row] - 1) * FRAME_MS) for row in (first, end))
        steps = np.nonzero(loud[a // 10:-(-b // 10)])[0]
        out.append((max(a, (a // 10 + steps[0]) * 10), min(b, (a // 10 + steps[-1] + 1) * 10)) if len(steps) else (a, b))
    return out


def words_of(pieces):
    """[text], and of each word its first piece and the end of those that are not marks behind it."""
    texts, places = [], []
    for at, piece in enumerate(pieces):
        if piece.startswith("\u2581") or not texts:
            texts.append("")
            places.append([at, at + 1])
        texts[-1] += re.sub(r"[^a-z0-9']", "", piece.lower())
        if re.search(r"[A-Za-z0-9]", piece):
            places[-1][1] = at + 1
    return texts, places


def segments(model, call):
    truth = json.loads((ROOT / f"build/demo/{call}.truth.json").read_text())
    raw = subprocess.run(["sox", "-D", ROOT / f"build/demo/{call}.wav", "-t", "raw", "-r", "16000", "-e", "signed", "-b", "16", "-"], capture_output=True, check=True).stdout
    sound = np.frombuffer(raw, dtype="<i2").reshape(-1, 2).astype(np.float32) / 32768
    for turn in truth["turns"]:
        groups = []
        for word in (word for word in truth["words"] if word["track"] == turn["track"] and turn["start_ms"] <= word["start_ms"] < turn["end_ms"]):
            near = groups and word["end_ms"] - groups[-1][0]["start_ms"] < SEGMENT_MS and word["start_ms"] - groups[-1][-1]["end_ms"] < 350
            groups[-1].append(word) if near else groups.append([word])
        for group in groups:
            start = max(0, group[0]["start_ms"] - 200)
            audio = sound[start * 16:(group[-1]["end_ms"] + 100) * 16, turn["track"] == "agent" and 1 or 0]
            pieces, attention = model.read(audio)
            texts, places = words_of(pieces)
            said = [re.sub(r"[^a-z0-9']", "", word["text"].lower()) for word in group]
            blocks = difflib.SequenceMatcher(None, said, texts, autojunk=False).get_matching_blocks()
            same = [(group[block.a + k], block.b + k) for block in blocks for k in range(block.size) if said[block.a + k]]
            yield {"attention": attention, "audio": audio, "heard": places, "same": [(word["start_ms"] - start, word["end_ms"] - start, at) for word, at in same]}


def share(listed, heads):
    near = []
    for segment in listed:
        found = times(segment, heads)
        near += [abs(found[at][0] - start) <= WITHIN_MS and abs(found[at][1] - end) <= WITHIN_MS for start, end, at in segment["same"]]
    return sum(near) / len(near), len(near)


def main():
    model = Model(sys.argv[1] if len(sys.argv) > 1 else "base")
    here, there = ([segment for call in calls for segment in segments(model, call)] for calls in (CHOSEN_ON, OTHERS))
    every = [(layer, head) for layer in range(len(model.queries)) for head in range(model.heads)]
    good = sorted(every, key=lambda head: -share(here, [head])[0])[:12]
    chosen, reached = [], 0.0
    while True:
        best, head = max((share(here, [*chosen, head])[0], head) for head in good if head not in chosen)
        if best <= reached + 0.005:
            break
        chosen, reached = [*chosen, head], best
        print(f"{chosen}: {reached:.3f} where chosen, {share(there, chosen)[0]:.3f} of {share(there, chosen)[1]} on the others", flush=True)


if __name__ == "__main__":
    main()
