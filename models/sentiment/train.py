"""Trains the sentiment of a text: the last three layers of the sentence encoder, tuned, and a head of three classes.

    SOTTO_DATA=... models/sentiment/train.py MODEL.safetensors TOKENIZER_VOCAB OUT.npz     (jax, optax, safetensors, tokenizers; some 10 minutes)

The first three layers stay those of the encoder, so that one pass gives the sentence vector and, three layers more, the
sentiment. Data: SST-2's training part (its licence is unstated), requests of CLINC150 (CC BY 3.0) and Banking77 (CC BY 4.0) as
neutral, and lines.py. Writes weights as int8 with a scale a row. Prints accuracy on SST-2's dev part and on
service_lines.tsv; nothing is tuned on either."""
import csv
import json
import os
import pathlib
import random
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
from safetensors.numpy import load_file
from tokenizers import BertWordPieceTokenizer

from lines import lines

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "minilm"))
from tuning import KEPT, LAYERS, WIDTH, as_bytes, linear, lower, mean  # noqa: E402

BATCH, SEED = 32, 1
RUNS = [(1, 5e-5), (2, 3e-5)]  # epochs and rate of each training


def upper(w, x, mask):
    return linear(w, "sentiment", mean(w, x, mask))


def batches(encoded, order):
    """Texts of like length together; padded to a multiple of 16, so that few shapes are compiled."""
    for at in range(0, len(order), BATCH):
        rows = order[at:at + BATCH]
        length = -(-max(len(encoded[r]) for r in rows) // 16) * 16
        ids, mask = np.zeros((BATCH, length), np.int32), np.zeros((BATCH, length), np.float32)
        mask[:, 0] = 1
        for n, r in enumerate(rows):
            ids[n, : len(encoded[r])], mask[n, : len(encoded[r])] = encoded[r], 1
        yield rows, ids, mask


def read_data(root):
    pairs = [line.rstrip("\n").rsplit("\t", 1) for line in open(root / "sst2/train.tsv")]
    train = [(text, 2 if label == "1" else 0) for text, label in pairs]
    draw = random.Random(SEED)
    clinc = [text for text, _ in json.load(open(root / "clinc150/data_full_trainval.json"))["train"]]
    banking = [row[0] for row in list(csv.reader(open(root / "banking77/train.csv")))[1:]]
    train += [(text, 1) for text in draw.sample(clinc, 1200) + draw.sample(banking, 600)]
    made = lines(SEED)
    train += made
    dev = [line.rstrip("\n").rsplit("\t", 1) for line in open(root / "sst2/dev.tsv")]
    service = [line.rstrip("\n").split("\t") for line in open(HERE / "service_lines.tsv")]
    assert not {text for text, _ in made} & {text for text, _ in service}
    kinds = {"negative": 0, "neutral": 1, "positive": 2}
    return train, [(t, 2 if y == "1" else 0) for t, y in dev], [(t, kinds[y]) for t, y in service]


def plain(text):
    return text.lower().replace(" n't", "n't").replace(" '", "'")


def loss(w, x, mask, y, counts):
    logits = jax.nn.log_softmax(upper(w, x, mask))
    wanted = 0.95 * jax.nn.one_hot(y, 3) + 0.05 / 3
    return -((logits * wanted).sum(-1) * counts).sum() / counts.sum()


def run(weights, encoded, labels, epochs, rate):
    """One training: the tuned layers and the head."""
    tuned = {name: value for name, value in weights.items() if any(name.startswith(f"encoder.layer.{i}.") for i in range(KEPT, LAYERS))}
    draw = np.random.default_rng(SEED)
    tuned |= {"sentiment.weight": jnp.asarray(draw.normal(0, 0.02, (3, WIDTH)), jnp.float32), "sentiment.bias": jnp.zeros(3)}
    steps = epochs * (len(encoded) // BATCH + 1)
    rule = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(optax.warmup_cosine_decay_schedule(0, rate, steps // 10, steps), weight_decay=0.01))
    state = rule.init(tuned)

    @jax.jit
    def step(w, state, x, mask, y, counts):
        value, slope = jax.value_and_grad(loss)(w, x, mask, y, counts)
        change, state = rule.update(slope, state, w)
        return optax.apply_updates(w, change), state, value

    for epoch in range(epochs):
        order = draw.permutation(len(encoded))
        # Within a stretch of 16 batches, like lengths together.
        order = np.concatenate([sorted(part, key=lambda r: len(encoded[r])) for part in np.array_split(order, len(order) // (16 * BATCH) + 1)]).astype(int)
        total = 0.0
        for n, (rows, ids, mask) in enumerate(batches(encoded, list(order))):
            y, counts = np.zeros(BATCH, np.int32), np.zeros(BATCH, np.float32)
            y[: len(rows)], counts[: len(rows)] = labels[rows], 1
            tuned, state, value = step(tuned, state, lower(weights, ids, mask), mask, y, counts)
            total += float(value)
            if n % 50 == 0:
                print(f"epoch {epoch + 1} of {epochs}, batch {n}, loss {total / (n + 1):.3f}", file=sys.stderr, flush=True)
    return {name: np.asarray(value, np.float32) for name, value in tuned.items()}


def main():
    weights = {name: jnp.asarray(value) for name, value in load_file(sys.argv[1]).items()}
    words = BertWordPieceTokenizer(sys.argv[2], lowercase=True)
    train, dev, service = read_data(pathlib.Path(os.environ["SOTTO_DATA"]))
    encode = lambda rows: [words.encode(plain(text)).ids[:64] for text, _ in rows]
    runs = [run(weights, encode(train), np.array([y for _, y in train]), *how) for how in RUNS]
    # The mean of several trainings is better than each (Wortsman et al. 2022).
    tuned = {name: sum(one[name] for one in runs) / len(runs) for name in runs[0]}
    judge = jax.jit(upper)

    def accuracy(rows, classes):
        texts, right = encode(rows), 0
        for some, ids, mask in batches(texts, list(range(len(rows)))):
            scores = np.array(judge(tuned, lower(weights, ids, mask), mask))[: len(some)]
            chosen = [classes[int(np.argmax(score[classes]))] for score in scores]
            right += sum(c == rows[r][1] for c, r in zip(chosen, some))
        return right / len(rows)

    print(json.dumps({"sst2": accuracy(dev, [0, 2]), "service": accuracy(service, [0, 1, 2])}), flush=True)
    np.savez_compressed(sys.argv[3], **as_bytes(tuned))


if __name__ == "__main__":
    main()
