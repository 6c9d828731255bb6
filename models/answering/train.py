"""Trains whether a passage answers what was said: three layers over the encoder's third layer of both, joined.

    models/answering/train.py MODEL.safetensors VOCAB OUT.npz     (jax, optax, safetensors, tokenizers; some 15 minutes)

As DeFormer (Cao et al. 2020): the lower half reads passage and question apart, so that a passage's half can be kept; the upper half reads both
at once, the question marked by a vector of its own. The means of both sides and what they share give one number, added to the cosine of the two
sentence vectors: what is learned is what the cosine does not know. A step takes questions that a passage of a business answers, beside those on
its subject that nothing there answers and the passages that come nearest (asked/*.tsv: README.md). HELD_OUT businesses are not trained on: they
judge. Writes int8 with a scale a row."""
import json
import os
import pathlib
import random
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax
from safetensors.numpy import load_file
from tokenizers import BertWordPieceTokenizer

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "minilm"))
from tuning import KEPT, LAYERS, WIDTH, as_bytes, layer, lower  # noqa: E402

PASSAGE_TOKENS, QUESTION_TOKENS = 128, 48
HELD_OUT_EVERY = 6  # of the businesses in order of their names, the first and every sixth behind it
STEPS, RATE, ROWS = int(os.environ.get("STEPS", "500")), 2e-4, 64
NEAREST = 5  # wrong passages are drawn from so many


# --- the model ---

def joined(tuned, x, mask, is_question, cosine):
    x = x + is_question[..., None] * tuned["question"]
    for i in range(KEPT, LAYERS):
        x = layer(tuned, i, x, mask)
    mean = lambda m: (x * m[..., None]).sum(1) / m.sum(1, keepdims=True)
    passage, question = mean(mask * (1 - is_question)), mean(mask * is_question)
    sides = jnp.concatenate([passage * question, jnp.abs(passage - question), passage, question], -1)
    return (sides @ tuned["head.weight"].T)[:, 0] + tuned["head.bias"][0] + tuned["cosine"][0] * (cosine - 0.4)


def loss(tuned, x, mask, is_question, cosine, right, weight):
    read = joined(tuned, x, mask, is_question, cosine)
    return (jnp.where(right > 0, jax.nn.softplus(-read), jax.nn.softplus(read)) * weight).sum() / weight.sum()


# --- the data ---

def as_heard(text):
    """Some recognisers write neither capitals nor marks."""
    return "".join(c for c in text.lower() if c.isalnum() or c in " '")


class Business:
    def __init__(self, file):
        self.passages, self.asked = {}, []
        for line in open(file):
            kind, name, text = line.rstrip("\n").split("\t")
            if kind == "P":
                self.passages[name] = text
            else:
                self.asked.append((kind, name, text))


class Texts:
    """The third layer and the sentence vector of each text."""

    def __init__(self, weights, vocabulary):
        self.weights, self.words = weights, BertWordPieceTokenizer(vocabulary, lowercase=True)
        self.shared, self.vector = {}, {}
        self.upper = jax.jit(self._vector)

    @staticmethod
    def _vector(weights, x, mask):
        for i in range(KEPT, LAYERS):
            x = layer(weights, i, x, mask)
        mean = (x * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        return mean / jnp.linalg.norm(mean, axis=-1, keepdims=True)

    def read(self, texts, most):
        ids = {text: self.words.encode(text).ids for text in set(texts) - self.shared.keys()}
        ids = {text: row if len(row) <= most else [*row[: most - 1], row[-1]] for text, row in ids.items()}
        todo = sorted(ids, key=lambda text: len(ids[text]))
        for at in range(0, len(todo), 32):
            part = todo[at:at + 32]
            length = -(-len(ids[part[-1]]) // 16) * 16
            rows, mask = np.zeros((32, length), np.int32), np.zeros((32, length), np.float32)
            mask[:, 0] = 1
            for n, text in enumerate(part):
                rows[n, : len(ids[text])], mask[n, : len(ids[text])] = ids[text], 1
            x = lower(self.weights, rows, mask)
            for n, (text, lower_half, vector) in enumerate(zip(part, np.asarray(x), np.asarray(self.upper(self.weights, x, mask)))):
                self.shared[text], self.vector[text] = lower_half[: len(ids[text])].astype(np.float16), vector

    def cosine(self, passage, question):
        return float(self.vector[passage] @ self.vector[question])

    def batch(self, pairs, rows):
        pairs = pairs + pairs[:1] * (rows - len(pairs))
        length = -(-max(len(self.shared[p]) + len(self.shared[q]) for p, q in pairs) // 16) * 16
        x = np.zeros((rows, length, WIDTH), np.float32)
        mask, is_question = np.zeros((rows, length), np.float32), np.zeros((rows, length), np.float32)
        for n, (passage, question) in enumerate(pairs):
            a, b = self.shared[passage], self.shared[question]
            x[n, : len(a)], x[n, len(a): len(a) + len(b)] = a, b
            mask[n, : len(a) + len(b)], is_question[n, len(a): len(a) + len(b)] = 1, 1
        return x, mask, is_question, np.array([self.cosine(*pair) for pair in pairs], np.float32)


class Steps:
    def __init__(self, businesses, texts):
        self.draw, self.businesses, self.texts = random.Random(1), businesses, texts
        self.nearest = {}

    def near(self, business, question):
        if question not in self.nearest:
            order = sorted(business.passages.values(), key=lambda passage: -self.texts.cosine(passage, question))
            self.nearest[question] = order[: NEAREST + 1]
        return self.nearest[question]

    def next(self):
        """[((passage, question), answers, weight)]"""
        draw, pairs = self.draw, []
        while len(pairs) < ROWS:
            business = draw.choice(self.businesses)
            kind, name, text = draw.choice(business.asked)
            said, own = (text if draw.random() < 0.6 else as_heard(text)), business.passages[name]
            others = [passage for passage in self.near(business, text) if passage != own]
            if kind == "A":
                pairs += [((own, said), 1, 2.0), ((others[0], said), 0, 1.0), ((draw.choice(others), said), 0, 1.0)]
            elif kind == "N":
                pairs.append(((own if draw.random() < 0.7 else draw.choice(others), said), 0, 1.0))
            elif draw.random() < 0.6:
                pairs.append(((own if draw.random() < 0.5 else draw.choice(others), said), 0, 1.0))
        return pairs[:ROWS]


# --- judging ---

def judge(tuned, businesses, texts, tag):
    """Of questions that have an answer, those answered rightly where so many of the others are answered too, by the passage that comes nearest."""
    run = jax.jit(joined)
    rows = []  # (kind, the nearest passage is right, what was read, cosine)
    for business in businesses:
        items = []
        for kind, name, text in business.asked:
            nearest = max(business.passages, key=lambda p: texts.cosine(business.passages[p], text))
            items.append((kind, kind == "A" and nearest == name, (business.passages[nearest], text)))
        for at in range(0, len(items), 32):
            part = items[at:at + 32]
            read = np.asarray(run(tuned, *texts.batch([item[2] for item in part], 32)))
            rows += [(kind, hit, value, texts.cosine(*pair)) for (kind, hit, pair), value in zip(part, read)]
    for by, place in (("read", 2), ("cosine", 3)):
        none = sorted((row[place] for row in rows if row[0] != "A"), reverse=True)
        answerable = [row for row in rows if row[0] == "A"]
        right = {share: sum(row[1] and row[place] > none[int(share * len(none))] for row in answerable) / len(answerable) for share in (0.05, 0.08, 0.15, 0.3)}
        print(json.dumps({"tag": tag, "by": by, "n": len(rows), "hit1": round(sum(row[1] for row in answerable) / len(answerable), 3),
                          "right_at_wrong": {key: round(value, 3) for key, value in right.items()}}), flush=True)


def main():
    model, vocabulary, out = sys.argv[1:4]
    weights = {name: jnp.asarray(value) for name, value in load_file(model).items() if "position_ids" not in name}
    files = sorted((HERE / "asked").glob("*.tsv"))
    businesses = [Business(file) for file in files]
    held_out = businesses[::HELD_OUT_EVERY]
    trained_on = [business for business in businesses if business not in held_out]
    texts = Texts(weights, vocabulary)
    texts.read([passage for business in businesses for passage in business.passages.values()], PASSAGE_TOKENS)
    asked = [text for business in businesses for _, _, text in business.asked]
    texts.read(asked + [as_heard(text) for text in asked], QUESTION_TOKENS)
    print(f"{len(trained_on)} businesses, {sum(len(one.asked) for one in trained_on)} questions", file=sys.stderr, flush=True)

    tuned = {name: value for name, value in weights.items() if any(name.startswith(f"encoder.layer.{i}.") for i in range(KEPT, LAYERS))}
    tuned |= {"question": jnp.zeros(WIDTH), "head.weight": jnp.zeros((1, 4 * WIDTH)), "head.bias": jnp.full((1,), -1.0), "cosine": jnp.full((1,), 8.0)}
    rule = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(optax.warmup_cosine_decay_schedule(0, RATE, STEPS // 10, STEPS), weight_decay=0.01))
    state = rule.init(tuned)

    @jax.jit
    def step(tuned, state, x, mask, is_question, cosine, right, weight):
        value, gradient = jax.value_and_grad(loss)(tuned, x, mask, is_question, cosine, right, weight)
        change, state = rule.update(gradient, state, tuned)
        return optax.apply_updates(tuned, change), state, value

    steps, began, running = Steps(trained_on, texts), time.time(), 0.0
    for n in range(STEPS):
        pairs = steps.next()
        batch = texts.batch([pair[0] for pair in pairs], ROWS)
        right, weight = (np.array([pair[k] for pair in pairs], np.float32) for k in (1, 2))
        tuned, state, value = step(tuned, state, *batch, right, weight)
        running = 0.95 * running + 0.05 * float(value) if n else float(value)
        if n % 50 == 0:
            print(f"step {n}, loss {running:.3f}, {time.time() - began:.0f} s", file=sys.stderr, flush=True)
        if n and n % 250 == 0:
            judge(tuned, held_out, texts, f"step {n}")
    np.savez(out, **as_bytes({name: np.asarray(value) for name, value in tuned.items()}))
    judge(tuned, held_out, texts, "end")


if __name__ == "__main__":
    main()
