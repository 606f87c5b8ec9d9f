"""Repaired records of formats in which a few records cannot be written by themselves: XML, xlsx, Avro.

They lie as JSON lines, each what the original record became, below a line that names the columns.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from andon.acquisition.deliveries.choose import Load
from andon.reading.documents.clean import LONGEST, CleanLines, Columns, Convert
from andon.reading.documents.survey import json_lines
from andon.reading.stored.codecs import damaged
from andon.reading.stored.readable import ReadableFiles


def written(columns: Columns | None, records: Iterable[Mapping[str, Any]]) -> bytes:
    """Records as they are landed.

    Args:
        columns: with the types of the original; None where types are found in the values.
    """
    lines = ({"columns": columns}, *records)
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines).encode()


class RepairedOrNot:
    """Reads what `written` wrote, and leaves all else to the format; implements `Convert`."""

    def __init__(self, convert: Convert, readable: ReadableFiles) -> None:
        self._convert = convert
        self._readable = readable

    def __call__(self, load: Load, out: CleanLines) -> Columns | None:
        """Write every record.

        Raises:
            TaskFailed: (SRC...) as of the format.
        """
        if not load.is_repair:
            return self._convert(load, out)
        with self._readable.open(load) as stream:
            lines = json_lines(stream, LONGEST)
            _, head = next(lines, (0, b""))
            if not head:
                raise damaged(load.path, "it holds no repaired records")
            for line, body in lines:
                out.put(body, line - 1)
        columns = json.loads(head)["columns"]
        return None if columns is None else tuple((name, tuple(kinds)) for name, kinds in columns)
