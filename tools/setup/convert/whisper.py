"""Whisper (CTranslate2 file) → OpenVINO IR: one encoder and one decoder, both for any context length.

    encoder.xml   mel      f32[1,80,T]       log-mel spectrogram, T even, at most 3000 (10 ms a frame)
               →  cross_k.L  f32[1,H,64,T/2]   keys of decoder layer L's cross-attention, transposed once for all steps
                  cross_v.L  f32[1,H,T/2,64]   its values
    decoder.xml   input_ids  i64[B,N]        new tokens only, one row a hypothesis of the same audio
                  parents    i64[B]          row of the past that each hypothesis continues
                  scored     i64[K]          places among the new tokens (negative: from their end) whose scores are wanted
                  past_k.L, past_v.L    f32[A,H,P,64]     from the step before; P = 0 at the first
                  cross_k.L, cross_v.L  as from the encoder
               →  logits     f32[B,K,V]      of those places
                  present_k.L, present_v.L  f32[B,H,P+N,64]

Architecture: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision" (2022), section 2.2:
pre-norm transformer, learnt positions in the decoder, sinusoids in the encoder, output tied to the embedding.

A decoding step reads every weight of the decoder for a handful of tokens, so its time is the time to fetch them: the decoder's
matrices are kept as int8 with one scale an output row, and widened in the graph.  The encoder computes more than it reads
and stays as it is.

Run alone: python -m convert.whisper DESTINATION MODEL_PART…
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openvino as ov
from openvino import Output, Type
from openvino import opset15 as op

from convert import ct2, ir

HEAD_SIZE = 64
MEL_BANDS = 80
LAYER_NORM_EPSILON = 1e-5
MASKED = np.float32(-1e9)


@dataclass(frozen=True)
class Network:
    """The layers of one CTranslate2 Whisper as graph pieces; every method adds nodes and returns their output."""

    variables: dict[str, np.ndarray]
    quantised: bool = False
    """Matrices of the layers and the embedding as int8."""

    @property
    def heads(self) -> int:
        return int(self.variables["encoder/num_heads"])

    @property
    def width(self) -> int:
        return self.variables["decoder/embeddings/weight"].shape[1]

    def layers(self, side: str) -> int:
        """Number of layers of "encoder" or "decoder"."""
        places = (name.split("/") for name in self.variables if name.startswith(f"{side}/layer_"))
        return len({place[1] for place in places if place[1] != "layer_norm"})

    def matrix(self, name: str) -> Output:
        value = self.variables[name]
        return ir.quantised(value) if self.quantised else ir.weight(value)

    def linear(self, x: Output, name: str) -> Output:
        y = op.matmul(x, self.matrix(f"{name}/weight"), False, True)
        bias = self.variables.get(f"{name}/bias")
        return (y if bias is None else op.add(y, ir.weight(bias))).output(0)

    def layer_norm(self, x: Output, name: str) -> Output:
        normal = op.mvn(x, ir.integers(-1), True, LAYER_NORM_EPSILON, "INSIDE_SQRT")
        scaled = op.multiply(normal, ir.weight(self.variables[f"{name}/gamma"]))
        return op.add(scaled, ir.weight(self.variables[f"{name}/beta"])).output(0)

    def convolution(self, x: Output, name: str, stride: int) -> Output:
        y = op.convolution(x, ir.weight(self.variables[f"{name}/weight"]), [stride], [1], [1], [1])
        bias = self.variables[f"{name}/bias"].reshape(1, -1, 1)
        return op.gelu(op.add(y, ir.weight(bias)), "erf").output(0)

    def split_heads(self, x: Output) -> Output:
        """[1,N,width] → [1,H,N,64]."""
        apart = op.reshape(x, ir.integers(0, 0, self.heads, HEAD_SIZE), True)
        return op.transpose(apart, ir.integers(0, 2, 1, 3)).output(0)

    def join_heads(self, x: Output) -> Output:
        """[1,H,N,64] → [1,N,width]."""
        return op.reshape(op.transpose(x, ir.integers(0, 2, 1, 3)), ir.integers(0, 0, self.width), True).output(0)

    def queries_keys_values(self, x: Output, name: str, count: int) -> list[Output]:
        """The `count` equal parts of a fused projection, heads apart."""
        return [self.split_heads(part) for part in op.split(self.linear(x, name), ir.scalar(2), count).outputs()]

    def feed_forward(self, x: Output, layer: str) -> Output:
        hidden = op.gelu(self.linear(self.layer_norm(x, f"{layer}/ffn/layer_norm"), f"{layer}/ffn/linear_0"), "erf")
        return op.add(x, self.linear(hidden.output(0), f"{layer}/ffn/linear_1")).output(0)


def attend(q: Output, k: Output, v: Output) -> Output:
    """Scaled dot-product attention."""
    return op.scaled_dot_product_attention(q, k, v, causal=False).output(0)


def attend_cached(q: Output, k: Output, v: Output, mask: Output | None = None) -> Output:
    """The same for few queries and many keys: the queries are scaled, and keys f32[…,64,S] come transposed; with a `mask`, which is
    added to the scores, they are f32[…,S,64]."""
    scaled = op.multiply(q, ir.constant(HEAD_SIZE**-0.5, np.float32))
    scores = op.matmul(scaled, k, False, mask is not None)
    if mask is not None:
        scores = op.add(scores, mask)
    return op.matmul(op.softmax(scores, -1), v, False, False).output(0)


def encoder(network: Network, frames: int = -1) -> ov.Model:
    """The encoder and, once an utterance, the projections that cross-attention needs; `frames` -1 is dynamic."""
    mel = ir.parameter("mel", [1, MEL_BANDS, frames])
    x = network.convolution(network.convolution(mel, "encoder/conv1", 1), "encoder/conv2", 2)
    x = op.transpose(x, ir.integers(0, 2, 1)).output(0)
    length = op.gather(op.shape_of(x, "i64"), ir.integers(1), ir.scalar(0))
    positions = ir.weight(network.variables["encoder/position_encodings/encodings"])
    x = op.add(x, op.slice(positions, ir.integers(0), length, ir.integers(1), ir.integers(0))).output(0)
    for index in range(network.layers("encoder")):
        layer = f"encoder/layer_{index}"
        normal = network.layer_norm(x, f"{layer}/self_attention/layer_norm")
        q, k, v = network.queries_keys_values(normal, f"{layer}/self_attention/linear_0", 3)
        mixed = network.linear(network.join_heads(attend(q, k, v)), f"{layer}/self_attention/linear_1")
        x = network.feed_forward(op.add(x, mixed).output(0), layer)
    x = network.layer_norm(x, "encoder/layer_norm")
    outputs: dict[str, Output] = {}
    for index in range(network.layers("decoder")):
        k, v = network.queries_keys_values(x, f"decoder/layer_{index}/attention/linear_1", 2)
        outputs |= {f"cross_k.{index}": op.transpose(k, ir.integers(0, 1, 3, 2)).output(0), f"cross_v.{index}": v}
    return ir.model("whisper_encoder", [mel], outputs)


def causal_mask(past: Output, ids: Output) -> tuple[Output, Output]:
    """Positions i64[N] of the new tokens, and the additive mask f32[1,1,N,P+N] that hides what comes later."""
    zero, one = ir.scalar(0), ir.scalar(1)
    seen = op.gather(op.shape_of(past, "i64"), ir.scalar(2), zero)
    total = op.add(seen, op.gather(op.shape_of(ids, "i64"), one, zero))
    rows, columns = op.range(seen, total, one, "i64"), op.range(zero, total, one, "i64")
    visible = op.less_equal(op.unsqueeze(columns, ir.integers(0)), op.unsqueeze(rows, ir.integers(1)))
    mask = op.select(visible, ir.constant(np.float32(0)), ir.constant(MASKED))
    return rows.output(0), op.unsqueeze(mask, ir.integers(0, 1)).output(0)


def decoder(network: Network, frames: int = -1) -> ov.Model:
    """One decoding step with explicit key and value caches; `frames` -1 leaves the cross length dynamic.

    All hypotheses listen to the same audio: their queries stand side by side in the cross-attention's one row.
    """
    count = network.layers("decoder")

    def caches(label: str, *shape: int) -> list[Output]:
        return [ir.parameter(f"{label}.{layer}", list(shape)) for layer in range(count)]

    cross_length = frames if frames < 0 else frames // 2
    ids, parents, scored = (ir.parameter(name, shape, Type.i64) for name, shape in (("input_ids", [-1, -1]), ("parents", [-1]), ("scored", [-1])))
    past_k, past_v = caches("past_k", -1, network.heads, -1, HEAD_SIZE), caches("past_v", -1, network.heads, -1, HEAD_SIZE)
    cross_k, cross_v = caches("cross_k", 1, network.heads, HEAD_SIZE, cross_length), caches("cross_v", 1, network.heads, cross_length, HEAD_SIZE)
    rows, mask = causal_mask(past_k[0], ids)
    embeddings = network.matrix("decoder/embeddings/weight")
    positions = ir.weight(network.variables["decoder/position_encodings/encodings"])
    place = op.unsqueeze(op.gather(positions, rows, ir.scalar(0)), ir.integers(0))
    x = op.add(op.gather(embeddings, ids, ir.scalar(0)), place).output(0)
    shape = op.shape_of(x, "i64")
    presents: dict[str, Output] = {}
    for index in range(count):
        layer = f"decoder/layer_{index}"
        normal = network.layer_norm(x, f"{layer}/self_attention/layer_norm")
        q, k, v = network.queries_keys_values(normal, f"{layer}/self_attention/linear_0", 3)
        k = op.concat([op.gather(past_k[index], parents, ir.scalar(0)), k], 2).output(0)
        v = op.concat([op.gather(past_v[index], parents, ir.scalar(0)), v], 2).output(0)
        presents |= {f"present_k.{index}": k, f"present_v.{index}": v}
        mixed = network.linear(network.join_heads(attend_cached(q, k, v, mask)), f"{layer}/self_attention/linear_1")
        x = op.add(x, mixed).output(0)
        normal = network.layer_norm(x, f"{layer}/attention/layer_norm")
        together = op.reshape(network.linear(normal, f"{layer}/attention/linear_0"), ir.integers(1, -1, network.width), False)
        heard = network.join_heads(attend_cached(network.split_heads(together.output(0)), cross_k[index], cross_v[index]))
        apart = op.reshape(network.linear(heard, f"{layer}/attention/linear_2"), shape, False)
        x = op.add(x, apart).output(0)
        x = network.feed_forward(x, layer)
    wanted = op.gather(network.layer_norm(x, "decoder/layer_norm"), scored, ir.scalar(1))
    logits = op.matmul(wanted, embeddings, False, True).output(0)
    return ir.model("whisper_decoder", [ids, parents, scored, *past_k, *past_v, *cross_k, *cross_v], {"logits": logits} | presents)


def convert(parts: list[Path], destination: Path) -> None:
    """Write encoder and decoder IR from the parts of a CTranslate2 model.bin."""
    variables = ct2.parse(ct2.join(parts)).variables
    ir.save(encoder(Network(variables)), destination / "encoder.xml", half=True)
    ir.save(decoder(Network(variables, quantised=True)), destination / "decoder.xml", half=True)


if __name__ == "__main__":
    convert([Path(argument) for argument in sys.argv[2:]], Path(sys.argv[1]))
