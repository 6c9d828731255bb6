"""Rebuilds a published Moonshine model as two graphs that are made for our decoder, and checks them against it.

    build_graph.py PUBLISHED_FOLDER FOLDER      encoder_model.ort, decoder_model_merged.ort -> encoder.onnx, decoder.onnx

encoder.onnx: `samples [1, N]` (16 kHz, -1 to 1) -> `cross.L.key` and `cross.L.value [1, heads, T, width]` of each decoder
layer L: what the decoder looks up in the audio, worked out once.
decoder.onnx: `ids [B, t]`, `logits_from [1]` (positions before it need no logits), `cross.*`, `past.L.key` and
`past.L.value [B, heads, p, width]` -> `logits [B, t - logits_from, words]`, `present.*`, the past with t more positions, and
`query.L [B, t, heads * width]` of the layers of FOLLOWING: with `cross.L.key` it says where in the sound the model listened.
It takes any number of ids at any time, so the first pass, a step and a check of known words are one graph. Its B rows are texts
for the same sound: they ask it as if they were positions of one text, so what was heard is not copied for each.

Nearly every product of weights is of bytes, with one scale for the activations of a call (DynamicQuantizeMatMul): the
published bytes are used as they are. There is no attention mask: nothing is padded, for padding changes what the model hears.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from ort_weights import Weights

CONTRIB = "com.microsoft"
EPSILON = 1e-5
# Heads (layer, head) that listen to the word that is being written, by the number of layers: of tiny and of base. Chosen by
# choose_heads.py; the graph carries them as its property `following`.
FOLLOWING = {6: [(5, 4), (4, 3), (3, 7)], 8: [(6, 0), (5, 1), (5, 5)]}
POSITIONS = 4096  # frames of 24 ms, or tokens: 98 s


class Graph:
    """Collects nodes and constants; every method returns the name of the tensor it made."""

    def __init__(self, weights, heads, frequencies):
        self.weights, self.heads, self.frequencies = weights, heads, frequencies
        self.nodes, self.constants = [], {}
        angles = np.outer(np.arange(POSITIONS), frequencies).astype(np.float32)
        self.constant("cos", np.cos(angles))
        self.constant("sin", np.sin(angles))

    def constant(self, name, value):
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def ints(self, *values):
        return self.constant("ints_" + "_".join(map(str, values)), np.array(values, dtype=np.int64))

    def op(self, kind, *inputs, out=None, outputs=1, **attributes):
        name = f"{kind}_{len(self.nodes)}"
        outs = ([out] if isinstance(out, str) else out) or [f"{name}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), outs, name=name, **attributes))
        return outs[0] if len(outs) == 1 else outs

    def product(self, x, label, matrices, bias=None, out=None):
        """x @ [W1 W2 ..] + bias: several projections of one input are one product."""
        rows = [(m.bytes.reshape(m.bytes.shape[0], -1), m.scale, m.zero) for m in matrices]
        names = [self.constant(f"{label}.bytes", np.concatenate([w for w, _, _ in rows], axis=1))]
        for part, at, kind in (("scale", 1, np.float32), ("zero", 2, np.int8)):
            columns = [np.full(row[0].shape[1], row[at], kind) for row in rows]
            names.append(self.constant(f"{label}.{part}", columns[0][:1].reshape(()) if len(rows) == 1 else np.concatenate(columns)))
        extra = [self.constant(f"{label}.bias", bias)] if bias is not None else []
        return self.op("DynamicQuantizeMatMul", x, *names, *extra, out=out, domain=CONTRIB)

    def linear(self, x, *paths, bias=False, out=None):
        vector = self.weights.vector(f"{paths[0]}.bias") if bias else None
        return self.product(x, "+".join(paths), [self.weights.matrix(path) for path in paths], vector, out)

    def norm(self, x, path):
        scale = self.constant(f"{path}.weight", self.weights.vector(f"{path}.weight"))
        return self.op("LayerNormalization", x, scale, axis=-1, epsilon=EPSILON)

    def rotated(self, x, position):
        sizes = {"num_heads": self.heads, "rotary_embedding_dim": 2 * len(self.frequencies)}
        return self.op("RotaryEmbedding", x, position, "cos", "sin", interleaved=1, domain=CONTRIB, **sizes)

    def query_key_value(self, x, path, position):
        joined = self.linear(x, *(f"{path}.{part}_proj" for part in "qkv"))
        query, key, value = self.op("Split", joined, outputs=3, axis=-1, num_outputs=3)
        return self.rotated(query, position), self.rotated(key, position), value

    def attention(self, *inputs, out=None, **attributes):
        return self.op("MultiHeadAttention", *inputs, num_heads=self.heads, out=out, domain=CONTRIB, **attributes)


class Encoder(Graph):
    def windows(self, x, width, kernel, stride):
        """The rows of [1, T, width] under a convolution's kernel side by side, so that the convolution is one product."""
        padded = self.op("Pad", x, self.ints(0, 0, 0, 0, stride - 1, 0))
        rows = self.op("Div", self.op("Shape", padded, start=1, end=2), self.ints(stride))
        even = self.op("Slice", padded, self.ints(0), self.op("Mul", rows, self.ints(stride)), self.ints(1))
        strides = self.op("Reshape", even, self.ints(1, -1, stride * width))
        blocks = -(-kernel // stride)
        parts = []
        for block in range(blocks):
            last = block == blocks - 1
            end = np.iinfo(np.int64).max if last else block + 1 - blocks
            columns = (kernel - block * stride) * width if last else stride * width
            parts.append(self.op("Slice", strides, self.ints(block, 0), self.ints(end, columns), self.ints(1, 2)))
        return self.op("Concat", *parts, axis=2)

    def kernel(self, name):
        matrix = self.weights.matrix(name)
        matrix.bytes = matrix.bytes.transpose(2, 1, 0).reshape(-1, matrix.bytes.shape[0])
        return matrix

    def sound(self, samples):
        first = self.weights.matrix("conv1").unpacked()
        width = first.shape[0]
        waves = self.op("Conv", self.op("Unsqueeze", samples, self.ints(1)), self.constant("conv1", first), strides=[64])
        flat = self.op("Reshape", self.op("Tanh", waves), self.ints(1, 1, -1))
        one, nought = (self.constant(name, np.array([value], np.float32)) for name, value in (("one", 1), ("nought", 0)))
        even = self.op("InstanceNormalization", flat, one, nought, epsilon=EPSILON)
        x = self.op("Transpose", self.op("Reshape", even, self.ints(1, width, -1)), perm=[0, 2, 1])
        for kind in ("Mul", "Add"):
            row = self.weights.second_input(f"/groupnorm/{kind}_output_0").reshape(1, 1, width)
            x = self.op(kind, x, self.constant(f"groupnorm.{kind}", row))
        x = self.windows(x, width, kernel=7, stride=3)
        x = self.op("Gelu", self.product(x, "conv2", [self.kernel("conv2")], self.weights.vector("conv2.bias")))
        # What comes in here has a few large values: bytes on one scale lose the rest (docs/tried.md).
        x = self.windows(x, 2 * width, kernel=3, stride=2)
        x = self.op("MatMul", x, self.constant("conv3", self.kernel("conv3").unpacked()))
        return self.op("Gelu", self.op("Add", x, self.constant("conv3.bias", self.weights.vector("conv3.bias"))))

    def layer(self, x, path):
        query, key, value = self.query_key_value(self.norm(x, f"{path}.input_layernorm"), f"{path}.self_attn", self.ints(0))
        x = self.op("Add", x, self.linear(self.attention(query, key, value), f"{path}.self_attn.o_proj"))
        wide = self.op("Gelu", self.linear(self.norm(x, f"{path}.post_attention_layernorm"), f"{path}.mlp.fc1", bias=True))
        return self.op("Add", x, self.linear(wide, f"{path}.mlp.fc2", bias=True))

    def build(self, decoder):
        x = self.sound("samples")
        for index in range(self.weights.count(r"layers\.\d+\.mlp\.fc1")):
            x = self.layer(x, f"layers.{index}")
        x = self.norm(x, "layer_norm")
        names = [f"{index}.{part}" for index in range(layer_count(decoder)) for part in ("key", "value")]
        sources = [f"layers.{name[:-4]}.encoder_attn.k_proj" if name.endswith("key") else f"layers.{name[:-6]}.encoder_attn.v_proj" for name in names]
        joined = self.product(x, "cross", [decoder.matrix(source) for source in sources])
        by_head = self.op("Reshape", joined, self.ints(0, 0, len(names) * self.heads, -1))
        by_head = self.op("Transpose", by_head, perm=[0, 2, 1, 3])
        self.op("Split", by_head, out=[f"cross.{name}" for name in names], axis=1, num_outputs=len(names))


class Decoder(Graph):
    def __init__(self, weights, heads, width, frequencies):
        super().__init__(weights, heads, frequencies)
        self.width = width

    def layer(self, x, index, position):
        path = f"layers.{index}"
        query, key, value = self.query_key_value(self.norm(x, f"{path}.input_layernorm"), f"{path}.self_attn", position)
        outs = [f"said_{index}", f"present.{index}.key", f"present.{index}.value"]
        past = (f"past.{index}.key", f"past.{index}.value")
        said = self.attention(query, key, value, "", "", "", *past, out=outs, unidirectional=1)[0]
        x = self.op("Add", x, self.linear(said, f"{path}.self_attn.o_proj"))
        told = f"query.{index}" if index in following_layers(self.weights) else None
        query = self.linear(self.norm(x, f"{path}.post_attention_layernorm"), f"{path}.encoder_attn.q_proj", out=told)
        asked = self.op("Reshape", query, self.ints(1, -1, self.heads * self.width))
        heard = self.op("Reshape", self.attention(asked, f"cross.{index}.key", f"cross.{index}.value"), "rows")
        x = self.op("Add", x, self.linear(heard, f"{path}.encoder_attn.o_proj"))
        wide = self.linear(self.norm(x, f"{path}.final_layernorm"), f"{path}.mlp.fc1", bias=True)
        value, gate = self.op("Split", wide, outputs=2, axis=-1, num_outputs=2)
        gated = self.op("Mul", self.op("QuickGelu", gate, alpha=1.0, domain=CONTRIB), value)
        return self.op("Add", x, self.linear(gated, f"{path}.mlp.fc2", bias=True))

    def build(self):
        words = self.weights.embedding()
        words.bytes = words.bytes.T
        self.constant("words.bytes", words.bytes)
        self.constant("words.scale", np.array(words.scale))
        self.constant("words.zero", np.array(words.zero))
        stored = self.op("Gather", "words.bytes", self.op("Reshape", "ids", self.ints(-1)), axis=1)
        rows = self.op("DequantizeLinear", self.op("Transpose", stored, perm=[1, 0]), "words.scale", "words.zero")
        wide = self.ints(self.heads * self.width)
        self.op("Concat", self.op("Shape", "ids"), wide, out="rows", axis=0)
        x = self.op("Reshape", rows, "rows")
        position = self.op("Shape", "past.0.key", start=2, end=3)
        for index in range(layer_count(self.weights)):
            x = self.layer(x, index, position)
        x = self.op("Slice", self.norm(x, "norm"), "logits_from", self.ints(np.iinfo(np.int64).max), self.ints(1))
        self.product(x, "words", [words], out="logits")


def layer_count(decoder):
    return decoder.count(r"layers\.\d+\.mlp\.fc1")


def following_layers(decoder):
    return sorted({layer for layer, _ in FOLLOWING[layer_count(decoder)]})


def save(graph, file, inputs, outputs, properties=()):
    body = helper.make_graph(graph.nodes, file.stem, inputs, outputs, list(graph.constants.values()))
    versions = [helper.make_opsetid("", 20), helper.make_opsetid(CONTRIB, 1)]
    model = helper.make_model(body, opset_imports=versions, ir_version=9)
    helper.set_model_props(model, dict(properties))
    onnx.save(model, file)


def caches(kind, layers, heads, width, length, rows=1):
    shape = [rows, heads, length, width]
    names = [f"{kind}.{index}.{part}" for index in range(layers) for part in ("key", "value")]
    return [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in names]


def build(published, target):
    sounds = Weights(published / "encoder_model.ort")
    words = Weights(published / "decoder_model_merged.ort")
    _, heads, _, width = words.inputs["past_key_values.0.decoder.key"]
    layers = layer_count(words)
    frequencies = next(value for value in sounds.constants.values() if value.ndim == 3 and value.shape[::2] == (1, 1) and value.size > 1 and value.dtype == np.float32)
    encoder = Encoder(sounds, heads, frequencies.reshape(-1))
    encoder.build(words)
    decoder = Decoder(words, heads, width, frequencies.reshape(-1))
    decoder.build()
    value, cross = helper.make_tensor_value_info, caches("cross", layers, heads, width, "T")
    save(encoder, target / "encoder.onnx", [value("samples", TensorProto.FLOAT, [1, "N"])], cross)
    inputs = [value("ids", TensorProto.INT64, ["B", "t"]), value("logits_from", TensorProto.INT64, [1])]
    outputs = [value("logits", TensorProto.FLOAT, ["B", "u", words.embedding().bytes.shape[0]])]
    outputs += [value(f"query.{layer}", TensorProto.FLOAT, ["B", "t", heads * width]) for layer in following_layers(words)]
    following = " ".join(f"{layer}.{head}" for layer, head in FOLLOWING[layers])
    save(decoder, target / "decoder.onnx", inputs + cross + caches("past", layers, heads, width, "p", "B"),
         outputs + caches("present", layers, heads, width, "q", "B"), {"following": following})


def session(file):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def empty(value):
    return np.zeros([size if isinstance(size, int) and size > 0 else (1 if at == 0 else 0) for at, size in enumerate(value.shape)], np.float32)


def published_logits(folder, samples, ids):
    encoder, decoder = session(folder / "encoder_model.ort"), session(folder / "decoder_model_merged.ort")
    mask = np.ones(samples.shape, np.int64)
    given = {"input_values": samples, "attention_mask": mask}
    hidden = encoder.run(None, {value.name: given[value.name] for value in encoder.get_inputs()})[0]
    given = {"input_ids": ids, "encoder_hidden_states": hidden, "encoder_attention_mask": mask, "use_cache_branch": np.array([False])}
    return decoder.run(["logits"], {value.name: given[value.name] if value.name in given else empty(value) for value in decoder.get_inputs()})[0]


def rebuilt_logits(folder, samples, ids):
    encoder, decoder = session(folder / "encoder.onnx"), session(folder / "decoder.onnx")
    names = [value.name for value in encoder.get_outputs()]
    given = dict(zip(names, encoder.run(names, {"samples": samples}), strict=True))
    given |= {"ids": ids, "logits_from": np.array([0])}
    return decoder.run(["logits"], {value.name: given[value.name] if value.name in given else empty(value) for value in decoder.get_inputs()})[0]


def check(published, target):
    """Both must say nearly the same of a sound: 1.5 s of four gliding tones, for there is no speech at set-up."""
    time = np.arange(24_000) / 16_000
    sound = sum(np.sin(2 * np.pi * base * (time + 0.1 * np.sin(3 * time))) for base in (150, 450, 1200, 2600))
    samples = (0.1 * sound * (1 + np.sin(25 * time)))[None].astype(np.float32)
    ids = np.array([[1, 450, 300]])
    old, new = (logits(folder, samples, ids) for logits, folder in ((published_logits, published), (rebuilt_logits, target)))
    likeness = np.sum(old * new) / np.sqrt(np.sum(old * old) * np.sum(new * new))
    if not likeness > 0.98:
        raise SystemExit(f"the rebuilt model does not answer like the published one (likeness {likeness:.3f})")
    print(f"likeness to the published model {likeness:.4f}")


def main():
    published, target = (Path(argument) for argument in sys.argv[1:3])
    build(published, target)
    check(published, target)


if __name__ == "__main__":
    main()
