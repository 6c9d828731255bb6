"""Builds the sentence encoder's ONNX graphs from its published weights and quantises them to int8.

    build_graph.py MODEL.safetensors MEANING.npz SENTIMENT.npz ANSWERING.npz FOLDER

lower.onnx takes the token ids of one text, `input_ids [1, T]`, and gives the encoder's third layer, `shared [1, T, 384]`. The others go on
from there, each by three layers of its own: encoder.onnx gives the text's unit vector, `vector [1, 384]`: the mean of the last layer over all
tokens, divided by its length; sentiment.onnx `sentiment [1, 3]`, the chances of negative, neutral and positive (models/sentiment); meaning.onnx
`meaning [1, 384]`, a unit vector (models/meaning). answering.onnx takes `shared` of two texts, `passage [1, P, 384]` and
`question [1, Q, 384]`, and gives `answers [1, 1]`: how far the one answers the other (models/answering).
Graphs of their own, for the runtime works out every node of a graph, wanted or not. There is no attention
mask because Sotto never batches texts: dynamic quantisation picks one scale for a whole batch, so padding would shift
every vector in it.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

LAYERS = 6
SHARED_LAYERS = 3
HEADS = 12
WIDTH = 384
HEAD_WIDTH = WIDTH // HEADS
EPSILON = 1e-12  # config.json: layer_norm_eps


class Graph:
    """Collects nodes and constants; every method returns the name of the tensor it made."""

    def __init__(self, weights):
        self.weights = weights
        self.nodes = []
        self.constants = {}

    def constant(self, name, value):
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def op(self, kind, *inputs, **attributes):
        out = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [out], name=out, **attributes))
        return out

    def linear(self, x, *names):
        """x @ [W1 W2 ..]ᵀ + [b1 b2 ..]: several projections of one input are one product."""
        label = "+".join(names)
        weight = np.concatenate([self.weights[f"{name}.weight"] for name in names]).T
        bias = np.concatenate([self.weights[f"{name}.bias"] for name in names])
        product = self.op("MatMul", x, self.constant(f"{label}.weight", weight))
        return self.op("Add", product, self.constant(f"{label}.bias", bias))

    def norm(self, x, name):
        scale = self.constant(f"{name}.weight", self.weights[f"{name}.weight"])
        bias = self.constant(f"{name}.bias", self.weights[f"{name}.bias"])
        return self.op("LayerNormalization", x, scale, bias, axis=-1, epsilon=EPSILON)

    def embeddings(self, ids):
        words = self.constant("words", self.weights["embeddings.word_embeddings.weight"])
        # Token type is 0 throughout, so its row is folded into the positions.
        places = self.weights["embeddings.position_embeddings.weight"]
        kinds = self.weights["embeddings.token_type_embeddings.weight"]
        positions = self.constant("positions", (places + kinds[0])[None])
        axis = self.constant("axis", np.array([1]))
        length = self.op("Slice", self.op("Shape", ids), axis, self.constant("end", np.array([2])))
        near = self.op("Slice", positions, self.constant("start", np.array([0])), length, axis)
        return self.norm(self.op("Add", self.op("Gather", words, ids), near), "embeddings.LayerNorm")

    def attention(self, x, layer):
        inside = f"{layer}.attention.self"
        joined = self.linear(x, f"{inside}.query", f"{inside}.key", f"{inside}.value")
        shape = self.constant("heads", np.array([0, 0, 3 * HEADS, HEAD_WIDTH]))
        by_head = self.op("Transpose", self.op("Reshape", joined, shape), perm=[0, 2, 1, 3])
        name = f"Split_{len(self.nodes)}"
        query, key, value = (f"{name}_{part}" for part in ("query", "key", "value"))
        self.nodes.append(helper.make_node("Split", [by_head], [query, key, value], name=name, axis=1, num_outputs=3))
        scores = self.op("MatMul", query, self.op("Transpose", key, perm=[0, 1, 3, 2]))
        scores = self.op("Mul", scores, self.constant("scale", np.float32(HEAD_WIDTH**-0.5)))
        mixed = self.op("Transpose", self.op("MatMul", self.op("Softmax", scores, axis=-1), value), perm=[0, 2, 1, 3])
        flat = self.op("Reshape", mixed, self.constant("flat", np.array([0, 0, WIDTH])))
        out = self.linear(flat, f"{layer}.attention.output.dense")
        return self.norm(self.op("Add", out, x), f"{layer}.attention.output.LayerNorm")

    def feed_forward(self, x, layer):
        wide = self.linear(x, f"{layer}.intermediate.dense")
        out = self.linear(self.op("Gelu", wide), f"{layer}.output.dense")
        return self.norm(self.op("Add", out, x), f"{layer}.output.LayerNorm")

    def layers(self, x, names):
        for layer in names:
            x = self.feed_forward(self.attention(x, layer), layer)
        return x

    def lower(self):
        names = [f"encoder.layer.{index}" for index in range(SHARED_LAYERS)]
        shared = self.layers(self.embeddings("input_ids"), names)
        self.nodes.append(helper.make_node("Identity", [shared], ["shared"], name="shared_layers"))

    def encoder(self):
        self.constant("axis", np.array([1]))
        self.unit(self.layers("shared", [f"encoder.layer.{index}" for index in range(SHARED_LAYERS, LAYERS)]), "vector")

    def unit(self, x, output):
        mean = self.op("ReduceMean", x, "axis", keepdims=0)
        self.nodes.append(helper.make_node("LpNormalization", [mean], [output], name="unit", axis=-1, p=2))

    def meaning(self):
        self.constant("axis", np.array([1]))
        names = [f"meaning.encoder.layer.{index}" for index in range(SHARED_LAYERS, LAYERS)]
        self.unit(self.layers("shared", names), "meaning")

    def sentiment(self):
        self.constant("axis", np.array([1]))
        tuned = self.layers("shared", [f"sentiment.encoder.layer.{index}" for index in range(SHARED_LAYERS, LAYERS)])
        chances = self.linear(self.op("ReduceMean", tuned, "axis", keepdims=0), "sentiment.head")
        self.nodes.append(helper.make_node("Softmax", [chances], ["sentiment"], name="chances", axis=-1))


    def answering(self):
        self.constant("axis", np.array([1]))
        mark = self.constant("question_mark", self.weights["answering.question"][None, None])
        x = self.op("Concat", "passage", self.op("Add", "question", mark), axis=1)
        x = self.layers(x, [f"answering.encoder.layer.{index}" for index in range(SHARED_LAYERS, LAYERS)])
        middle = self.op("Slice", self.op("Shape", "passage"), self.constant("one", np.array([1])), self.constant("two", np.array([2])))
        none, all_of = self.constant("none", np.array([0])), self.constant("all", np.array([np.iinfo(np.int64).max]))
        mean = lambda start, end: self.op("ReduceMean", self.op("Slice", x, start, end, "axis"), "axis", keepdims=0)
        passage, question = mean(none, middle), mean(middle, all_of)
        apart = self.op("Abs", self.op("Sub", passage, question))
        sides = self.op("Concat", self.op("Mul", passage, question), apart, passage, question, axis=-1)
        read = self.linear(sides, "answering.head")
        self.nodes.append(helper.make_node("Identity", [read], ["answers"], name="answers"))


def model_of(graph, inputs, outputs):
    body = helper.make_graph(graph.nodes, "minilm", inputs, outputs, list(graph.constants.values()))
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def build(weights):
    """{file name: model}"""
    lower, encoder, meaning, sentiment, answering = (Graph(weights) for _ in range(5))
    lower.lower()
    encoder.encoder()
    meaning.meaning()
    sentiment.sentiment()
    answering.answering()
    value = helper.make_tensor_value_info
    shared = value("shared", TensorProto.FLOAT, [1, "T", WIDTH])
    return {
        "lower.onnx": model_of(lower, [value("input_ids", TensorProto.INT64, [1, "T"])], [shared]),
        "encoder.onnx": model_of(encoder, [shared], [value("vector", TensorProto.FLOAT, [1, WIDTH])]),
        "meaning.onnx": model_of(meaning, [shared], [value("meaning", TensorProto.FLOAT, [1, WIDTH])]),
        "answering.onnx": model_of(answering, [value("passage", TensorProto.FLOAT, [1, "P", WIDTH]), value("question", TensorProto.FLOAT, [1, "Q", WIDTH])],
                                   [value("answers", TensorProto.FLOAT, [1, 1])]),
        "sentiment.onnx": model_of(sentiment, [shared], [value("sentiment", TensorProto.FLOAT, [1, 3])]),
    }


def tuned_weights(file, prefix):
    """The tuned layers, and a head where there is one, from bytes with a scale a row, under names of their own."""
    stored = np.load(file)
    out = {}
    for name in stored.files:
        if name.endswith(".scale"):
            continue
        value = stored[name].astype(np.float32)
        if f"{name}.scale" in stored.files:
            value *= stored[f"{name}.scale"]
        out[f"{prefix}.{name.replace('sentiment.', 'head.')}"] = value
    return out


def main():
    source, meaning, sentiment, answering, target = (Path(argument) for argument in sys.argv[1:6])
    weights = load_file(source)
    for file, prefix in ((meaning, "meaning"), (sentiment, "sentiment"), (answering, "answering")):
        weights |= tuned_weights(file, prefix)
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch) / "fp32.onnx"
        for name, model in build(weights).items():
            onnx.save(model, whole)
            # Unsigned weights: signed ones overflow the 16-bit sums of processors without VNNI.
            quantize_dynamic(whole, target / name, weight_type=QuantType.QUInt8, per_channel=True)


if __name__ == "__main__":
    main()
