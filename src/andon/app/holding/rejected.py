"""Rejected rows of a snapshot as a table: what was set aside, as it came, and why."""

from __future__ import annotations

from collections.abc import Sequence

from andon.catalog.records import DataFile, Snapshot
from andon.execution.line import Tools
from andon.execution.proving.aside import QUARANTINE
from andon.names import REJECTED
from andon.sql.quote import identifier, literal

COLUMNS = (
    ("_file", "VARCHAR"),
    ("_line", "BIGINT"),
    ("_row", "BIGINT"),
    ("_by", "VARCHAR"),
    ("_reason", "VARCHAR"),
    ("_text", "VARCHAR"),
)
"""Columns of every such table: where the record came from (its line, or its number), what set it
aside (``form``, ``schema``, ``check``), why, and the record as it came, or as JSON."""


def base_of(name: str) -> str | None:
    """The asset whose rejected rows a name means; None if it is none of these names.

    >>> base_of("raw.orders__rejected"), base_of("raw.orders")
    ('raw.orders', None)
    """
    return name.removesuffix(REJECTED) if name.endswith(REJECTED) else None


def files_of(tools: Tools, snapshot: Snapshot) -> tuple[DataFile, ...]:
    """Files of its rejected rows; of one that was held back, those that were too many to set aside too."""
    own = tuple(file for file in snapshot.files if file.role == "aside")
    if snapshot.status != "rejected":
        return own
    beside = (file for audit in tools.catalog.audits(snapshot.id)[:1] for file in audit.files)
    return (*own, *(file for file in beside if file.label == QUARANTINE))


def rejected(tools: Tools, snapshot: Snapshot) -> str:
    """Table expression of the rejected rows of a snapshot; without rows where there are none.

    Raises:
        DataCorrupt: (STO003) a file is missing or altered; nothing is read from it.
    """
    asides = files_of(tools, snapshot)
    for file in asides:
        tools.store.verify(file)
    of_checks = [file for file in asides if file.label == QUARANTINE]
    of_reader = [file for file in asides if file.label != QUARANTINE]
    parts = [_nothing()]
    if of_reader:
        parts.append(_of_reader(tools, of_reader))
    if of_checks:
        parts.append(_of_checks(tools, snapshot, of_checks))
    return f"({' union all '.join(parts)})"


def _nothing() -> str:
    outputs = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in COLUMNS)
    return f"select {outputs} where false"


def _of_reader(tools: Tools, files: Sequence[DataFile]) -> str:
    """Records that the reader set aside; those not as declared have a number and no line."""
    typed = "select null::varchar as _file, null::bigint as _line, null::bigint as _row"
    source = (
        f"({typed}, null::varchar as _reason, null::varchar as _text where false"
        f" union all by name select * from read_parquet({_paths(tools, files)},"
        " union_by_name = true, hive_partitioning = false))"
    )
    by = "case when _line is null then 'schema' else 'form' end"
    return f"select _file, _line, _row, {by}, _reason, _text from {source}"


def _of_checks(tools: Tools, snapshot: Snapshot, files: Sequence[DataFile]) -> str:
    """Rows that checks set aside; only raw rows know where they came from."""
    names = {name.casefold() for name in snapshot.schema.names}
    place = ("_file", "_row") if {"_file", "_row"} <= names else ("null", "null")
    own = [name for name in snapshot.schema.names if name not in place]
    pairs = ", ".join(f"{literal(name)}, {identifier(name)}" for name in own)
    return (
        f"select {place[0]}, null, {place[1]}, 'check', array_to_string(_reasons, '; '),"
        f" cast(json_object({pairs}) as varchar)"
        f" from read_parquet({_paths(tools, files)}, hive_partitioning = false)"
    )


def _paths(tools: Tools, files: Sequence[DataFile]) -> str:
    listed = ", ".join(literal(str(tools.store.path(file))) for file in files)
    return f"[{listed}]"
