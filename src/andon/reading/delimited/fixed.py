"""Text of fixed width: each line is cut at the declared places and written as delimited text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from andon.reading.aside import Aside, Mended
from andon.reading.delimited.records import LONGEST, lines
from andon.spec.source import FixedField

DELIMITER = "\x1f"
QUOTE = '"'


def cut_lines(
    stream: IO[bytes],
    widths: Sequence[FixedField],
    *,
    origin: str,
    has_header: bool,
    refused: Mapping[int, str],
    clean: Path,
    aside: Path,
) -> Mended:
    """Part the lines of a file; blank lines are none.

    Blanks around a value are no part of it. Blanks at the end of a line may be missing, as editors
    take them off; characters beyond the last field may not be there.
    """
    end = max(field.start + field.width - 1 for field in widths)
    number = good = 0
    skip = has_header
    with Aside(aside, origin) as rest, clean.open("wb") as out:
        for line, raw in enumerate(lines(stream), start=1):
            body = raw.rstrip(b"\r\n")
            if not body.strip():
                continue
            if skip:
                skip = False
                continue
            number += 1
            text, reason = _judge(body, end)
            reason = reason or refused.get(number, "")
            if reason:
                rest.put(line, body, reason)
                continue
            good += 1
            fields = [text[f.start - 1 : f.start - 1 + f.width].strip() for f in widths]
            out.write(DELIMITER.join([str(number), *map(_quoted, fields)]).encode() + b"\n")
    return rest.mended(clean, good)


def _judge(body: bytes, end: int) -> tuple[str, str]:
    if len(body) > LONGEST:
        return "", "longer than 1.5 MB"
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return "", "not valid UTF-8"
    if "\0" in text:
        return "", "a NUL character"
    if text[end:].strip():
        return "", f"{len(text.rstrip())} characters, not {end}"
    return text, ""


def _quoted(text: str) -> str:
    if QUOTE in text or DELIMITER in text:
        return f"{QUOTE}{text.replace(QUOTE, QUOTE * 2)}{QUOTE}"
    return text
