"""What one reading found in one delivery: enough to decide the table's types without the bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from andon.errors import Problem

Evidence = int | tuple[str, ...]
"""Of text columns the mask of `Seen`; of typed columns the engine's types, sorted."""

_SELDOM = ("around", "before", "encoding", "notes", "nulled", "refused", "unfit")
_NOTED = '"notes":'
_REFUSED = '"refused":'


class Refusal(Struct, frozen=True, kw_only=True):
    """Why a delivery could not be read: a problem in the words of the first reading."""

    code: str
    what: str
    why: str
    fix: str


class Facts(Struct, frozen=True, kw_only=True):
    """Findings of a reader in the bytes of one delivery.

    Attributes:
        reading: hash of the options they hold for; with other options they are stale. In the text of
            a member it is left out, being that of the whole.
        records: data records, counted independently of the engine's parser.
        bad: records set aside as malformed, or since they do not keep to what was declared; unfit:
            how many of them are whole as such.
        nulled: values made null since they do not fit their declared type.
        repeated: good records that arrived before and are no rows; known of the delivery, so it is
            no part of the text.
        repaired: records set aside that a repair replaces; no part of the text either.
        around: records set aside that stand beside the table, as lines above its header.
        before: how many of them stand above the header.
        columns: name and evidence, in the file's order.
        delimiter: of delimited text.
        shape: ``plain`` is read by the engine as it lies; ``mended`` goes record by record first;
            for JSON how the documents lie in the file.
        encoding: of text that is not UTF-8 and had to be told.
        notes: what had to be guessed, in words.
        refused: why nothing of it can be read; then there are no records.
        members: of an archive, the facts of its members by name; its own counts are theirs.
    """

    reading: str = ""
    records: int
    bad: int = 0
    repeated: int = 0
    repaired: int = 0
    unfit: int = 0
    nulled: int = 0
    around: int = 0
    before: int = 0
    columns: tuple[tuple[str, Evidence], ...] = ()
    delimiter: str = ","
    shape: str = "plain"
    encoding: str = ""
    notes: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()
    members: tuple[tuple[str, Facts], ...] = ()

    @property
    def served(self) -> int:
        """Records that become rows."""
        return self.records - self.bad - self.around - self.repeated

    @property
    def aside(self) -> int:
        """Records that are set aside."""
        return self.bad + self.around - self.repaired


def refuse(reading: str, problems: tuple[Problem, ...]) -> Facts:
    """Facts of a delivery that cannot be read."""
    told = tuple(Refusal(code=p.code, what=p.what, why=p.why, fix=p.fix) for p in problems)
    return Facts(reading=reading, records=0, refused=told)


def may_be_refused(text: str) -> bool:
    """Whether facts may tell of a refusal: a quick look, since most do not."""
    return _REFUSED in text


def may_have_notes(text: str) -> bool:
    """Whether facts may hold notes: a quick look, since most do not."""
    return _NOTED in text


def of_members(reading: str, members: Sequence[tuple[str, Facts]]) -> Facts:
    """Facts of an archive. One of which no member can be read is refused itself."""
    problems = tuple(told for _, facts in members for told in facts.refused)
    if problems and all(facts.refused for _, facts in members):
        return Facts(reading=reading, records=0, refused=problems)
    return Facts(
        reading=reading,
        records=sum(facts.records for _, facts in members),
        bad=sum(facts.bad for _, facts in members),
        nulled=sum(facts.nulled for _, facts in members),
        around=sum(facts.around for _, facts in members),
        members=tuple(members),
    )


def encode(facts: Facts) -> str:
    """JSON text of facts; equal facts give equal text."""
    told = {"reading": facts.reading, **_plain(facts)}
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False)


def decode(text: str, reading: str) -> Facts | None:
    """Facts from their JSON text, or None if there are none or they hold for another reading."""
    if not text or _HEAD.decode(text).reading != reading:
        return None
    facts = _FACTS.decode(text)
    return _with_reading(facts, reading) if facts.members else facts


def _plain(facts: Facts) -> dict[str, Any]:
    told: dict[str, Any] = {
        "records": facts.records,
        "bad": facts.bad,
        "columns": facts.columns,
        "delimiter": facts.delimiter,
        "shape": facts.shape,
    }
    for name in _SELDOM:
        value = getattr(facts, name)
        if value:
            told[name] = msgspec.to_builtins(value)
    if facts.members:
        told["members"] = [[name, _plain(one)] for name, one in facts.members]
    return told


class _Head(Struct):
    """Facts of another reading may be of another form: nothing else is looked at."""

    reading: str = ""


_HEAD = msgspec.json.Decoder(_Head)
_FACTS = msgspec.json.Decoder(Facts)


def _with_reading(facts: Facts, reading: str) -> Facts:
    """Facts whose members, in the text, go without the reading that they are of."""
    members = tuple((name, _with_reading(one, reading)) for name, one in facts.members)
    return replace(facts, reading=reading, members=members)
