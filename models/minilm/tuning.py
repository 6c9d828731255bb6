"""What trainings that go on from the sentence encoder's third layer share: its forward pass in jax, and weights as bytes with a scale a row."""
import jax
import jax.numpy as jnp
import numpy as np

HEADS, WIDTH, KEPT, LAYERS = 12, 384, 3, 6


def norm(x, scale, bias):
    mean = x.mean(-1, keepdims=True)
    return (x - mean) / jnp.sqrt(((x - mean) ** 2).mean(-1, keepdims=True) + 1e-12) * scale + bias


def linear(w, name, x):
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def layer(w, i, x, mask):
    p = f"encoder.layer.{i}"
    split = lambda y: y.reshape(*y.shape[:2], HEADS, -1).transpose(0, 2, 1, 3)
    q, k, v = (split(linear(w, f"{p}.attention.self.{part}", x)) for part in ("query", "key", "value"))
    scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(WIDTH / HEADS) + (mask[:, None, None, :] - 1) * 1e9
    mixed = (jax.nn.softmax(scores) @ v).transpose(0, 2, 1, 3).reshape(x.shape)
    x = norm(x + linear(w, f"{p}.attention.output.dense", mixed), w[f"{p}.attention.output.LayerNorm.weight"], w[f"{p}.attention.output.LayerNorm.bias"])
    wide = jax.nn.gelu(linear(w, f"{p}.intermediate.dense", x), approximate=False)
    return norm(x + linear(w, f"{p}.output.dense", wide), w[f"{p}.output.LayerNorm.weight"], w[f"{p}.output.LayerNorm.bias"])


@jax.jit
def lower(w, ids, mask):
    x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][: ids.shape[1]] + w["embeddings.token_type_embeddings.weight"][0]
    x = norm(x, w["embeddings.LayerNorm.weight"], w["embeddings.LayerNorm.bias"])
    for i in range(KEPT):
        x = layer(w, i, x, mask)
    return x


def mean(w, x, mask):
    """Of the last layer, over all tokens."""
    for i in range(KEPT, LAYERS):
        x = layer(w, i, x, mask)
    return (x * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)


def as_bytes(tuned):
    out = {}
    for name, value in tuned.items():
        if value.ndim == 2 and value.size > 4096:
            scale = np.abs(value).max(1, keepdims=True) / 127
            out[name], out[name + ".scale"] = np.rint(value / scale).astype(np.int8), scale
        else:
            out[name] = value
    return out
