"""Contract: draft the data contract of a source from what is served."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from andon.acquisition.columns.contract import LEAST_ROWS, MOST_VALUES, ColumnProfile, draft
from andon.acquisition.columns.shape import inner
from andon.acquisition.columns.table import ORIGIN_COLUMNS
from andon.app.holding.hold import held
from andon.app.holding.permit import require
from andon.app.showing.read import never_published, served
from andon.app.sourcing.trial import tables_of
from andon.catalog.records import Snapshot
from andon.errors import Problem, UsageError
from andon.execution.line import Scans, Tools
from andon.project.contract_text import contract_text
from andon.schema import Column
from andon.spec.project import ProjectSpec
from andon.spec.source import SourceTable
from andon.sql.quote import identifier

FOLDER = "contracts"
_NUMBERS = ("INT", "DECIMAL", "DOUBLE", "FLOAT")
_KEYS = ("INT", "VARCHAR", "UUID", "DECIMAL", "TIMESTAMP", "DATE")


class Contract(Struct, frozen=True, kw_only=True):
    """The contract of one table.

    Attributes:
        path: where it belongs, relative to the project.
        text: YAML by the Open Data Contract Standard.
        is_written: whether it was written there.
    """

    table: str
    path: str
    text: str
    is_written: bool = False


def contracts(
    tools: Tools, spec: ProjectSpec, environment: str, name: str, *, write: bool, replace: bool
) -> tuple[Contract, ...]:
    """Draft the contract of a table, or of every table of a source, from what is served.

    Args:
        write: put each into its file; replace: also over one that is there.

    Raises:
        UsageError: (SRC060) no such source or table; (APP003) never published; (APP010) a file is
            there already; nothing was written then.
        Denied: (POL001) a rule refuses some of the tables.
    """
    tables = tables_of(spec, name)
    # A draft tells the values of columns that have few of them.
    require(tools, spec, (table.name for table in tables))
    made = tuple(_draft(tools, spec, environment, table) for table in tables)
    if not write:
        return made
    there = [one.path for one in made if (tools.root / one.path).exists()]
    if there and not replace:
        raise _exists(there)
    for one in made:
        _write(tools.root / one.path, one.text)
    return tuple(
        Contract(table=one.table, path=one.path, text=one.text, is_written=True) for one in made
    )


def _draft(tools: Tools, spec: ProjectSpec, environment: str, table: SourceTable) -> Contract:
    def choose(sight: object) -> tuple[Snapshot, ...]:
        assert isinstance(sight, dict)
        if table.name not in sight:
            raise never_published(tools, table.name)
        return (sight[table.name],)

    source = next(one for one in spec.sources if one.name == table.source)
    with held(tools, lambda: dict(served(tools, environment)), choose) as (snapshot,):
        columns = _profile(tools, snapshot)
        key = _proven(tools, snapshot, table.key)
    document = draft(spec.name, environment, source, table, snapshot.rows, columns, key)
    return Contract(
        table=table.name,
        path=f"{FOLDER}/{table.name}.odcs.yaml",
        text=contract_text(document, f"Drafted by `andon source contract {table.name}`."),
    )


def _profile(tools: Tools, snapshot: Snapshot) -> tuple[ColumnProfile, ...]:
    """Figures of every column: one look at all, then exact ones where they may matter."""
    own = {column.name for column in ORIGIN_COLUMNS}
    columns = [c for c in snapshot.schema.columns if c.name not in own]
    if not columns:
        return ()
    relation = Scans(tools).of(snapshot)
    outputs = []
    for column in columns:
        name = identifier(column.name)
        is_flat = not inner(column.type)[1] and column.type != "JSON"
        outputs.append(f"count({name})")
        outputs.append(f"approx_count_distinct({name})" if is_flat else "0")
        outputs.append(_below_zero(name, column.type) if _is_number(column) else "null")
    ((*figures,),) = tools.engine().rows(f"select {', '.join(outputs)} from {relation}")
    found = []
    for at, column in enumerate(columns):
        count, distinct, is_negative = figures[3 * at : 3 * at + 3]
        is_full = count == snapshot.rows > 0
        found.append(
            ColumnProfile(
                name=column.name,
                type=column.type,
                nulls=snapshot.rows - count,
                is_unique=is_full and _is_unique(tools, relation, column, count, distinct),
                is_negative=is_negative,
                values=_values(tools, relation, column, snapshot.rows, distinct),
            )
        )
    return tuple(found)


def _below_zero(name: str, kind: str) -> str:
    """Whether a value lies below zero, or is NaN, which lies in no range."""
    is_low = f"min({name}) < 0"
    return f"{is_low} or isnan(max({name}))" if kind in ("FLOAT", "DOUBLE") else is_low


def _proven(tools: Tools, snapshot: Snapshot, key: Sequence[str]) -> Sequence[str]:
    """The key, if no two rows share it; else nothing."""
    if not key or any(snapshot.schema.column(name) is None for name in key):
        return ()
    listed = ", ".join(identifier(name) for name in key)
    query = (
        f"select 1 from {Scans(tools).of(snapshot)} group by {listed} having count(*) > 1 limit 1"
    )
    return () if tools.engine().rows(query) else key


def _is_number(column: Column) -> bool:
    return not inner(column.type)[1] and any(word in column.type for word in _NUMBERS)


def _is_unique(tools: Tools, relation: str, column: Column, count: int, distinct: int) -> bool:
    """Whether no value comes twice; asked only where an estimate says that it may be so."""
    if distinct < 0.9 * count or not any(word in column.type for word in _KEYS):
        return False
    query = f"select count(distinct {identifier(column.name)}) from {relation}"
    return bool(tools.engine().rows(query)[0][0] == count)


def _values(
    tools: Tools, relation: str, column: Column, rows: int, distinct: int
) -> tuple[tuple[str, int], ...]:
    """The different values of a text with few of them."""
    if column.type != "VARCHAR" or rows < LEAST_ROWS or not 0 < distinct <= 2 * MOST_VALUES:
        return ()
    name = identifier(column.name)
    query = (
        f"select {name}, count(*) from {relation} where {name} is not null "
        f"group by 1 order by 1 limit {MOST_VALUES + 1}"
    )
    found: Sequence[tuple[str, int]] = tools.engine().rows(query)
    return tuple((word, count) for word, count in found)


def _write(path: Path, text: str) -> None:
    """Write a file in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.name}.new")
    staged.write_text(text, "utf-8")
    staged.replace(path)


def _exists(paths: Sequence[str]) -> UsageError:
    listed = ", ".join(f"`{path}`" for path in paths)
    return UsageError(
        Problem(
            code="APP010",
            what=f"{listed} {'is' if len(paths) == 1 else 'are'} there already",
            why="a contract is a promise that somebody made; a draft must not take its place unseen",
            fix="compare it with what is printed without `--write`, or write `--replace` too",
        )
    )
