"""What parent and worker say to each other: messages with a length in front, over pipes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct

from andon.errors import Problem
from andon.ports.python_runner import Piece, PythonResult, PythonTask, SourceTask

_LENGTH = 4
_MOST = 1 << 28


class WorkerSettings(Struct, frozen=True, kw_only=True):
    """What a worker is started with.

    Attributes:
        threads: of its engine and of the libraries of the user's code.
        memory_bytes: limit of its engine where a task names none.
        spill_bytes: limit of its spill folder.
        spill_dir: parent of its spill folder.
    """

    threads: int
    memory_bytes: int | None
    spill_bytes: int | None
    spill_dir: str


class GoOn(msgspec.Struct, tag="go on", frozen=True):
    """The last piece is durable; the next one is wanted."""


class Done(msgspec.Struct, tag="done", frozen=True):
    """The output is written."""

    result: PythonResult


class Failed(msgspec.Struct, tag="failed", frozen=True):
    """The task failed: class of the error and its problems."""

    kind: str
    problems: tuple[Problem, ...]


Task = PythonTask | SourceTask
Message = Task | GoOn
Reply = Done | Failed | Piece


def _plain(value: Any) -> str:
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(f"cannot send {type(value).__name__}")


def _rich(kind: type, value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise NotImplementedError(f"cannot receive {kind.__name__}")


_encoder = msgspec.msgpack.Encoder(enc_hook=_plain)
_messages: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message, dec_hook=_rich)
_replies: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply, dec_hook=_rich)


def write_message(stream: BinaryIO, message: Message | Reply) -> None:
    """Send one message.

    Raises:
        BrokenPipeError: the other side is gone.
    """
    body = _encoder.encode(message)
    stream.write(len(body).to_bytes(_LENGTH, "big") + body)
    stream.flush()


def read_message(stream: BinaryIO) -> Message | None:
    """What the parent says next, or None when it is gone."""
    body = _read(stream)
    return None if body is None else _messages.decode(body)


def read_reply(stream: BinaryIO) -> Reply | None:
    """The reply, or None when the worker is gone."""
    body = _read(stream)
    return None if body is None else _replies.decode(body)


def _read(stream: BinaryIO) -> bytes | None:
    head = stream.read(_LENGTH)
    if len(head) < _LENGTH:
        return None
    length = int.from_bytes(head, "big")
    if length > _MOST:
        raise ValueError(f"a message of {length} bytes is none of ours")
    body = stream.read(length)
    return body if len(body) == length else None
