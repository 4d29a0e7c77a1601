"""Holds one turn of a conversation from the command line; see README.md."""

import argparse
import sys
import wave

from google.protobuf import json_format

from vitrine.v1 import sessions_pb2
from vitrine_client import Client, RpcError


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 examples/clients/python", description="Talk to a Vitrine server.")
    parser.add_argument("--server", default="127.0.0.1:7401", metavar="HOST:PORT")
    parser.add_argument("--token", default="", help="the bearer token, when the server asks for one")
    parser.add_argument("--text", metavar="T")
    parser.add_argument("--language", default="", help="BCP 47, of the text; empty = detect")
    parser.add_argument("--audio", metavar="F.wav", help="a WAV file of 16-bit samples")
    parser.add_argument("--image", metavar="F", help="a photo (JPEG, PNG, WebP) to find things like")
    parser.add_argument("--selfie", metavar="F", help="a photo to try things on")
    parser.add_argument("--try-on", metavar="PRODUCT", help="the product to try on")
    parser.add_argument("--preview", metavar="F", help="where to write the picture with the product on you: .jpg or .png")
    parser.add_argument("--json", action="store_true", help="print every message as one line of JSON")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="S", help="seconds without a message before giving up")
    options = parser.parse_args()
    if not (options.text or options.audio or options.image or options.selfie or options.try_on):
        parser.error("give at least one of --text, --audio, --image, --selfie, --try-on")
    if options.preview and not (options.try_on and options.preview.lower().endswith((".jpg", ".jpeg", ".png"))):
        parser.error("--preview names a .jpg or .png file and goes with --try-on")
    return options


def read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def preview_format(file: str | None) -> int:
    if not file:
        return sessions_pb2.PREVIEW_FORMAT_UNSPECIFIED
    return sessions_pb2.PREVIEW_FORMAT_PNG if file.lower().endswith(".png") else sessions_pb2.PREVIEW_FORMAT_JPEG


def say(conversation, options) -> None:
    """Everything given is one turn; the last thing said ends it (speech ends it by itself)."""
    if options.image:
        conversation.send_image(read(options.image), end_of_turn=not (options.selfie or options.audio or options.text or options.try_on))
    if options.selfie:
        conversation.send_selfie(read(options.selfie), end_of_turn=not (options.audio or options.text or options.try_on))
    if options.audio:
        with wave.open(options.audio, "rb") as file:
            if file.getsampwidth() != 2:
                raise ValueError(f"{options.audio}: 16-bit samples are needed, not {8 * file.getsampwidth()}-bit")
            conversation.send_audio(file.readframes(file.getnframes()), file.getframerate(), file.getnchannels())
    if options.try_on:
        conversation.try_on(options.try_on, preview_format(options.preview), end_of_turn=not options.text)
    if options.text:
        conversation.send_text(options.text, options.language)
    conversation.finish()


def readable(message) -> str:
    """One message in a few words; empty for what only a program wants."""
    kind = message.WhichOneof("kind")
    if kind == "transcript" and message.transcript.final:
        return f"heard: {message.transcript.text}"
    if kind == "reply":
        return f"reply: {message.reply.text}" if message.reply.text else ""
    if kind == "recommendations":
        return "\n".join(
            f"  {item.product_id}  {item.title}  {item.price.amount_minor / 100:.2f} {item.price.currency}"
            for item in message.recommendations.items)
    if kind == "try_on":
        return "\n".join(f"  try-on {o.image} at {o.anchor} ({o.x:.0f}, {o.y:.0f})" for o in message.try_on.overlays)
    if kind == "problem":
        return f"problem: {message.problem.message}"
    return ""


def main() -> int:
    options = arguments()
    host, _, port = options.server.rpartition(":")
    if not host or not port.isdigit():
        print(f"--server {options.server}: HOST:PORT is needed", file=sys.stderr)
        return 2
    try:
        with Client.connect(host.strip("[]"), int(port), options.token) as client:
            conversation = client.converse()
            say(conversation, options)
            while (message := conversation.receive(options.timeout)) is not None:
                if options.preview and message.try_on.preview:
                    with open(options.preview, "wb") as file:
                        file.write(message.try_on.preview)
                    message.try_on.preview = b""
                text = json_format.MessageToJson(message, indent=None) if options.json else readable(message)
                if text:
                    print(text, flush=True)
    except (OSError, ValueError, wave.Error, EOFError, RpcError) as error:  # TimeoutError is an OSError
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


sys.exit(main())
