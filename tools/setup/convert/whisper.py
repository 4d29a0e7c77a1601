"""Whisper (CTranslate2 file) → OpenVINO IR: one encoder and one decoder, both for any context length.

    encoder.xml   mel      f32[1,80,T]       log-mel spectrogram, T even, at most 3000 (10 ms a frame)
               →  cross_k.L, cross_v.L  f32[1,H,T/2,64]   keys and values of decoder layer L's cross-attention
    decoder.xml   input_ids  i64[1,N]        new tokens only
                  past_k.L, past_v.L    f32[1,H,P,64]     from the step before; P = 0 at the first
                  cross_k.L, cross_v.L  f32[1,H,T/2,64]   from the encoder
               →  logits     f32[1,1,V]      of the last position
                  present_k.L, present_v.L  f32[1,H,P+N,64]

Architecture: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision" (2022), section 2.2:
pre-norm transformer, learnt positions in the decoder, sinusoids in the encoder, output tied to the embedding.

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

    def linear(self, x: Output, name: str) -> Output:
        y = op.matmul(x, ir.weight(self.variables[f"{name}/weight"]), False, True)
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


def attend(q: Output, k: Output, v: Output, mask: Output | None = None) -> Output:
    """Scaled dot-product attention; `mask` is added to the scores."""
    arguments = [q, k, v] if mask is None else [q, k, v, mask]
    return op.scaled_dot_product_attention(*arguments, causal=False).output(0)


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
        outputs |= {f"cross_k.{index}": k, f"cross_v.{index}": v}
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
    """One decoding step with explicit key and value caches; `frames` -1 leaves the cross length dynamic."""
    count = network.layers("decoder")

    def caches(label: str, length: int) -> list[Output]:
        return [ir.parameter(f"{label}.{layer}", [1, network.heads, length, HEAD_SIZE]) for layer in range(count)]

    cross_length = frames if frames < 0 else frames // 2
    ids = ir.parameter("input_ids", [1, -1], Type.i64)
    past_k, past_v = caches("past_k", -1), caches("past_v", -1)
    cross_k, cross_v = caches("cross_k", cross_length), caches("cross_v", cross_length)
    rows, mask = causal_mask(past_k[0], ids)
    embeddings = ir.weight(network.variables["decoder/embeddings/weight"])
    positions = ir.weight(network.variables["decoder/position_encodings/encodings"])
    place = op.unsqueeze(op.gather(positions, rows, ir.scalar(0)), ir.integers(0))
    x = op.add(op.gather(embeddings, ids, ir.scalar(0)), place).output(0)
    presents: dict[str, Output] = {}
    for index in range(count):
        layer = f"decoder/layer_{index}"
        normal = network.layer_norm(x, f"{layer}/self_attention/layer_norm")
        q, k, v = network.queries_keys_values(normal, f"{layer}/self_attention/linear_0", 3)
        k = op.concat([past_k[index], k], 2).output(0)
        v = op.concat([past_v[index], v], 2).output(0)
        presents |= {f"present_k.{index}": k, f"present_v.{index}": v}
        mixed = network.linear(network.join_heads(attend(q, k, v, mask)), f"{layer}/self_attention/linear_1")
        x = op.add(x, mixed).output(0)
        normal = network.layer_norm(x, f"{layer}/attention/layer_norm")
        (q,) = network.queries_keys_values(normal, f"{layer}/attention/linear_0", 1)
        heard = network.join_heads(attend(q, cross_k[index], cross_v[index]))
        x = op.add(x, network.linear(heard, f"{layer}/attention/linear_2")).output(0)
        x = network.feed_forward(x, layer)
    last = op.gather(network.layer_norm(x, "decoder/layer_norm"), ir.integers(-1), ir.scalar(1))
    logits = op.matmul(last, embeddings, False, True).output(0)
    return ir.model("whisper_decoder", [ids, *past_k, *past_v, *cross_k, *cross_v], {"logits": logits} | presents)


def convert(parts: list[Path], destination: Path) -> None:
    """Write encoder and decoder IR from the parts of a CTranslate2 model.bin."""
    network = Network(ct2.parse(ct2.join(parts)).variables)
    ir.save(encoder(network), destination / "encoder.xml", half=True)
    ir.save(decoder(network), destination / "decoder.xml", half=True)


if __name__ == "__main__":
    convert([Path(argument) for argument in sys.argv[2:]], Path(sys.argv[1]))
