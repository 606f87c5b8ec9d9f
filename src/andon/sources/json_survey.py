"""Count JSON documents without the engine's parser, and part good lines from bad ones."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from andon.sources.codecs import chunks
from andon.sources.mend import Mended
from andon.sources.survey import BOM

_SHOWN = 3
_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_NO_BRACKETS = bytes(sorted(set(range(256)) - set(b"[]{}")))
_BLANK = re.compile(rb"\n[ \t\r]*(?=\n)")


def count_lines(stream: IO[bytes]) -> tuple[int, bool]:
    """Lines that are not blank, and whether the engine may read the file as it lies (UTF-8)."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    total, is_plain, is_first = 0, True, True
    last = b"\n"
    for chunk in chunks(stream):
        if is_first:
            is_plain, is_first = not chunk.startswith(BOM), False
        if is_plain:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                is_plain = False
        joined = last + chunk
        # A line counts when its end is seen; blank stretches before that end are taken off.
        cut = joined.rfind(b"\n")
        total += joined.count(b"\n", 0, cut) - len(_BLANK.findall(joined, 0, cut + 1))
        last = joined[cut:]
    return total + bool(last.strip()), is_plain


def count_documents(stream: IO[bytes]) -> tuple[int, bool, bool]:
    """Objects (or lists) at the top of a file or of its one array, whether it is an array, and
    whether all that was opened is closed."""
    depth, base, found = 0, 0, 0
    is_array = is_text = False
    is_first = True
    rest = b""
    for chunk in chunks(stream):
        data = rest + (chunk.removeprefix(BOM) if is_first else chunk)
        if is_first and data.strip():
            is_array, is_first = data.lstrip().startswith(b"["), False
            base = 1 if is_array else 0
        # A backslash at the very end needs the byte after it.
        odd = (len(data) - len(data.rstrip(b"\\"))) % 2
        data, rest = (data[:-1], data[-1:]) if odd else (data, b"")
        parts = _ESCAPED.sub(b"", data).split(b'"')
        outside = b"".join(parts[1::2] if is_text else parts[0::2])
        is_text ^= len(parts) % 2 == 0
        for byte in outside.translate(None, _NO_BRACKETS):
            if byte in b"[{":
                found += depth == base
                depth += 1
            else:
                depth -= 1
    return found, is_array, depth == 0 and not is_text


def holds_values(stream: IO[bytes]) -> bool:
    """Whether a file without objects holds anything but blanks or one empty array."""
    rest = b""
    for at, chunk in enumerate(chunks(stream)):
        rest += (chunk.removeprefix(BOM) if at == 0 else chunk).translate(None, b" \t\r\n")
        if rest not in (b"", b"[", b"[]"):
            return True
    return rest == b"["


def mend_lines(
    stream: IO[bytes],
    *,
    origin: str,
    refused: Mapping[int, str],
    clean: Path,
    aside: Path,
) -> Mended:
    """Part the lines of a file: good documents with their number into `clean`, the rest aside.

    A good line is one JSON object in UTF-8 whose number is not in `refused`.
    """
    number = good = bad = 0
    first: list[str] = []
    with clean.open("wb") as out, aside.open("w", encoding="utf-8") as rest:
        for line, raw in enumerate(stream, start=1):
            body = (raw.removeprefix(BOM) if line == 1 else raw).strip()
            if not body:
                continue
            number += 1
            reason = refused.get(number) or _fault(body)
            if reason:
                bad += 1
                if len(first) < _SHOWN:
                    first.append(f"line {line}: {reason}")
                shown = body.decode(errors="replace")
                row = {"_file": origin, "_line": line, "_reason": reason, "_text": shown}
                rest.write(json.dumps(row) + "\n")
            else:
                good += 1
                out.write(b'{"n":%d,"r":%s}\n' % (number, body))
    return Mended(clean=clean, aside=aside, good=good, bad=bad, first=tuple(first))


def _fault(body: bytes) -> str:
    try:
        value = json.loads(body, parse_constant=_refuse)
    except UnicodeDecodeError:
        return "not valid UTF-8"
    except ValueError:
        return "not valid JSON"
    except RecursionError:
        return "nested too deeply"
    return "" if isinstance(value, dict) else "no object"


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON")
