"""What one reading found in one delivery: enough to decide the table's types without the bytes."""

from __future__ import annotations

import json

from msgspec import Struct

Evidence = int | tuple[str, ...]
"""Of text columns the mask of `Seen`; of typed columns the engine's types, sorted."""


class Facts(Struct, frozen=True, kw_only=True):
    """Findings of a reader in the bytes of one delivery.

    Attributes:
        reading: hash of the options they hold for; with other options they are stale.
        records: data records, counted independently of the engine's parser.
        bad: records set aside as malformed.
        repeated: good records that arrived before and are no rows; known of the delivery, so it is
            no part of the text.
        columns: name and evidence, in the file's order.
        delimiter: of delimited text.
        shape: ``plain`` is read by the engine as it lies; ``mended`` goes record by record first;
            for JSON how the documents lie in the file.
    """

    reading: str
    records: int
    bad: int = 0
    repeated: int = 0
    columns: tuple[tuple[str, Evidence], ...] = ()
    delimiter: str = ","
    shape: str = "plain"

    @property
    def served(self) -> int:
        """Records that become rows."""
        return self.records - self.bad - self.repeated


def encode(facts: Facts) -> str:
    """JSON text of facts; equal facts give equal text."""
    return json.dumps(
        {
            "reading": facts.reading,
            "records": facts.records,
            "bad": facts.bad,
            "columns": facts.columns,
            "delimiter": facts.delimiter,
            "shape": facts.shape,
        },
        separators=(",", ":"),
        ensure_ascii=False,
    )


def decode(text: str, reading: str) -> Facts | None:
    """Facts from their JSON text, or None if there are none or they hold for another reading."""
    if not text:
        return None
    found = json.loads(text)
    if found.get("reading") != reading:
        return None
    columns = tuple(
        (name, evidence if isinstance(evidence, int) else tuple(evidence))
        for name, evidence in found["columns"]
    )
    return Facts(
        reading=reading,
        records=found["records"],
        bad=found["bad"],
        columns=columns,
        delimiter=found["delimiter"],
        shape=found["shape"],
    )
