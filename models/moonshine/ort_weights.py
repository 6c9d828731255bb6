"""Reads the weights of a published Moonshine model: the flatbuffers of ONNX Runtime's .ort files.

The published graphs differ from model to model (one unpacks its weights at every step, one is fused), their weights do
not: every matrix is bytes on a grid of one scale, w = scale * (byte - zero). They are taken by the path of the module that
uses them, such as `layers.0.self_attn.q_proj`, and put into a graph of our own (build_graph.py).
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

# The bindings import each other as a top-level package.
sys.path.insert(0, str(Path(onnxruntime.__file__).parent / "tools/ort_format_model"))
from ort_flatbuffers_py.fbs.AttributeType import AttributeType  # noqa: E402
from ort_flatbuffers_py.fbs.InferenceSession import InferenceSession  # noqa: E402
from ort_flatbuffers_py.fbs.TensorTypeAndShape import TensorTypeAndShape  # noqa: E402

TYPES = {1: np.float32, 2: np.uint8, 3: np.int8, 6: np.int32, 7: np.int64, 9: np.bool_}
PRODUCTS = ("MatMul", "MatMulIntegerToFloat", "DynamicQuantizeMatMul", "Conv", "FusedConv")
# One part, three names.
ALIASES = {"dense": "o_proj", "up_proj": "fc1", "down_proj": "fc2"}


@dataclass
class Matrix:
    """w = scale * (bytes - zero), the bytes signed."""

    bytes: np.ndarray
    scale: np.float32
    zero: np.int8

    def unpacked(self):
        return (self.bytes.astype(np.float32) - np.float32(self.zero)) * self.scale


@dataclass
class Node:
    kind: str
    inputs: list
    outputs: list


def text(value):
    return value.decode() if value else ""


def array(tensor):
    shape = [tensor.Dims(i) for i in range(tensor.DimsLength())]
    kind = TYPES.get(tensor.DataType())
    if kind is None or not tensor.RawDataLength():
        return np.zeros([0])
    return tensor.RawDataAsNumpy().view(kind).reshape(shape)


def signed(stored, scale, zero):
    """Bytes from 0 to 255 become signed ones: those are twice as fast where the processor multiplies bytes (VNNI)."""
    shift = 128 if stored.dtype == np.uint8 else 0
    return Matrix((stored.astype(np.int16) - shift).astype(np.int8), np.float32(scale), np.int8(int(zero) - shift))


def on_grid(values):
    """The bytes of a matrix that was published unpacked."""
    levels = np.unique(values)
    scale = np.min(np.diff(levels))
    scale = (levels[-1] - levels[0]) / np.round((levels[-1] - levels[0]) / scale)
    low = int(np.round(levels[0] / scale))
    stored = np.round(values / scale).astype(np.int32) - low
    if stored.max() > 255 or not np.allclose((stored + low) * scale, values, atol=scale / 50):
        raise ValueError("weights are not bytes on a grid")
    return signed(stored.astype(np.uint8), scale, -low)


class Weights:
    def __init__(self, file):
        self.nodes, self.constants, self.inputs = [], {}, {}
        model = InferenceSession.GetRootAs(bytearray(Path(file).read_bytes()), 0).Model()
        self._read(model.Graph(), outermost=True)
        self.matrices = {}
        for node in self.nodes:
            self._take_product(node)

    def _read(self, graph, outermost=False):
        for i in range(graph.InitializersLength()):
            tensor = graph.Initializers(i)
            self.constants.setdefault(text(tensor.Name()), array(tensor))
        for i in range(graph.NodesLength()):
            node = graph.Nodes(i)
            inputs = [text(node.Inputs(k)) for k in range(node.InputsLength())]
            outputs = [text(node.Outputs(k)) for k in range(node.OutputsLength())]
            self.nodes.append(Node(text(node.OpType()), inputs, outputs))
            for k in range(node.AttributesLength()):
                if node.Attributes(k).Type() == AttributeType.GRAPH:
                    self._read(node.Attributes(k).G())
        for i in range(graph.NodeArgsLength() if outermost else 0):
            self._note_shape(graph.NodeArgs(i))

    def _note_shape(self, value):
        kind = value.Type()
        if kind is None or kind.Value() is None:
            return
        tensor, table = TensorTypeAndShape(), kind.Value()
        tensor.Init(table.Bytes, table.Pos)
        shape = tensor.Shape()
        if shape is None:
            return
        sizes = [shape.Dim(i).Value() for i in range(shape.DimLength())]
        self.inputs[text(value.Name())] = [size.DimValue() if size is not None else 0 for size in sizes]

    def _take_product(self, node):
        if node.kind not in PRODUCTS:
            return
        name = next((one for one in node.inputs if re.search(r"_(add_tensor|quantized)$", one) and self._is_weight(one)), None)
        if name is None:
            return
        stem = re.sub(r"_(add_tensor|quantized)$", "", name)
        path = stem.removesuffix(".weight") if stem.startswith("conv") else module(node.outputs[0])
        self.matrices.setdefault(path, self._matrix(stem))

    def _is_weight(self, name):
        return name in self.constants or name.replace("_add_tensor", "_quantized") in self.constants

    def _matrix(self, stem):
        stored = self.constants.get(f"{stem}_quantized")
        if stored is None:
            return on_grid(self.constants[f"{stem}_add_tensor"])
        scale, zero = (self.constants[f"{stem}_{part}"].reshape(-1)[0] for part in ("scale", "zero_point"))
        if stored.dtype == np.int8:  # here the zero point is what is added to scale * byte
            zero = np.round(-zero / scale)
        return signed(stored, scale, zero)

    def matrix(self, path):
        return self.matrices[path]

    def embedding(self):
        return self._matrix("model.decoder.embed_tokens.weight_merged_0")

    def vector(self, path):
        """A bias, or the weights of a norm; several names where two parts of the model share one."""
        names = [path, *(path.replace(f".{new}.", f".{old}.") for old, new in ALIASES.items())]
        for name in names:
            for full in (name, f"model.decoder.{name}_merged_0"):
                if full in self.constants:
                    return self.constants[full]
        raise KeyError(path)

    def second_input(self, output):
        node = next(one for one in self.nodes if output in one.outputs)
        return self.constants[node.inputs[1]]

    def count(self, pattern):
        """How many different matrices have a path like that."""
        return sum(1 for path in self.matrices if re.fullmatch(pattern, path))


def module(output):
    """/model/decoder/layers.0/mlp/up_proj/MatMul_output_0 -> layers.0.mlp.fc1"""
    parts = output.strip("/").removeprefix("model/decoder/").split("/")[:-1]
    return ".".join(ALIASES.get(part, part) for part in parts)
