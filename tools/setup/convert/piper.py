"""A Piper voice (VITS, ONNX) → OpenVINO IR in three parts, so that speech can begin before its sentence is finished, and a table.

    text.xml      ids    i64[1,N]      phonemes, as PiperVoice ids
                  noise  f32[1,2,N]    standard normal: how evenly the phonemes are timed
                  scales f32[3]        of the noise in `flow`'s input (unused here), of the length, of this noise
               →  mean, deviation  f32[1,192,T]   of the latent frames, 256 samples each
    flow.xml      latent f32[1,192,T]  mean + deviation · normal noise · noise scale
               →  frames f32[1,192,T]
    decoder.xml   frames f32[1,192,W]  any window of them
               →  audio  f32[1,256 W]  in [-1, 1]

    voice.txt     one fact a line: "rate HZ", "espeak VOICE", "noise", "length" and "timing" (the scales it was made for), and
                  "phoneme CODE ID" for each character (hexadecimal) of espeak-ng's IPA that the voice knows

The original draws its noise itself; here it is an input, so that a session's seed settles what is spoken.  The decoder,
which takes most of the time, sees MARGIN frames to either side: a window with so much before and behind it gives
the same samples as the whole.

Run alone: python -m convert.piper DESTINATION VOICE.onnx VOICE.onnx.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import openvino as ov
from openvino import Node, Output
from openvino import opset15 as op

from convert import ir

CHANNELS = 192
HOP = 256
"""Samples of one latent frame."""
MARGIN = 10
"""Latent frames to either side that a sample depends on."""


def part(source: Path) -> tuple[ov.Model, dict[str, Node]]:
    """A copy of the voice of its own, and its operations by name."""
    whole = ov.Core().read_model(str(source))
    nodes = {node.get_friendly_name(): node for node in whole.get_ordered_ops()}
    for node in nodes.values():
        for output in node.outputs():
            output.set_names(set())  # an optimisation could carry the source's name to an output beside its own
    return whole, nodes


def feed(nodes: dict[str, Node], name: str, value: Output) -> None:
    """Whoever took the output of `name` takes `value` from now on."""
    for target in list(nodes[name].output(0).get_target_inputs()):
        target.replace_source_output(value)


def text(source: Path) -> ov.Model:
    """Phonemes to the distribution of latent frames."""
    _, nodes = part(source)
    ids, scales = ir.parameter("ids", [1, -1], ov.Type.i64), ir.parameter("scales", [3])
    noise = ir.parameter("noise", [1, 2, -1])
    count = op.gather(op.shape_of(ids), ir.integers(1), ir.scalar(0)).output(0)
    for name, value in {"input": ids, "input_lengths": count, "scales": scales, "/dp/RandomNormalLike": noise}.items():
        feed(nodes, name, value)
    outputs = {"mean": nodes["/Transpose_3"].output(0), "deviation": nodes["/Exp_1"].output(0)}
    return ir.model("piper_text", [ids, noise, scales], outputs)


def flow(source: Path) -> ov.Model:
    """Latent frames as the distribution has them to frames as the decoder wants them."""
    _, nodes = part(source)
    latent = ir.parameter("latent", [1, CHANNELS, -1])
    frames = op.gather(op.shape_of(latent), ir.integers(2), ir.scalar(0))
    everywhere = op.broadcast(ir.constant(1.0, "float32"), op.concat([ir.integers(1, 1), frames], 0)).output(0)
    feed(nodes, "/Add", latent)
    feed(nodes, "/Cast_2", everywhere)
    return ir.model("piper_flow", [latent], {"frames": nodes["/Mul_7"].output(0)})


def decoder(source: Path) -> ov.Model:
    """A window of frames to samples."""
    whole, nodes = part(source)
    frames = ir.parameter("frames", [1, CHANNELS, -1])
    feed(nodes, "/Mul_7", frames)
    audio = op.reshape(whole.outputs[0].get_node().input_value(0), ir.integers(1, -1), False).output(0)
    return ir.model("piper_decoder", [frames], {"audio": audio})


def table(settings: dict) -> str:
    """What the voice is told, as lines."""
    scales = settings["inference"]
    lines = [
        f"rate {settings['audio']['sample_rate']}",
        f"espeak {settings['espeak']['voice']}",
        f"noise {scales['noise_scale']}",
        f"length {scales['length_scale']}",
        f"timing {scales['noise_w']}",
    ]
    for character, (number, *rest) in sorted(settings["phoneme_id_map"].items()):
        if rest or len(character) != 1:
            raise ValueError(f"the phoneme {character!r} is not one character with one id")
        lines.append(f"phoneme {ord(character):x} {number}")
    return "\n".join(lines) + "\n"


def convert(source: Path, settings: Path, destination: Path) -> None:
    """Write the three parts, whose weights stay float32, and the table."""
    for name, build in (("text", text), ("flow", flow), ("decoder", decoder)):
        ir.save(build(source), destination / f"{name}.xml")
    (destination / "voice.txt").write_text(table(json.loads(settings.read_text())))


if __name__ == "__main__":
    convert(Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[1]))
