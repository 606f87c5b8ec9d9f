"""JSON: lines, arrays and single documents, with the exact structure of every value."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO

from msgspec import Struct
from msgspec.structs import replace

from andon.acquisition.choose import Load
from andon.acquisition.facts import Facts, refuse
from andon.acquisition.types import is_nested, struct
from andon.errors import TaskFailed
from andon.ports.engine import Engine
from andon.ports.table_store import TableStore
from andon.schema import Column
from andon.sources.batches import batches
from andon.sources.codecs import Compression, compression_of, damaged, open_plain
from andon.sources.dialect import check_names
from andon.sources.json_digits import SUSPECT, keep_digits, loses, lossy_leaves
from andon.sources.json_survey import count_documents, count_lines, holds_values, mend_lines
from andon.sources.mend import Mended
from andon.sources.quoting import files, identifier, literal
from andon.sources.readable import ReadableFiles
from andon.sources.refusing import is_of_the_file, or_refused
from andon.sources.text_queries import set_aside_rows
from andon.spec.format import format_of
from andon.spec.source import SourceTable

_BATCH = 256
_FORMATS = {"lines": "newline_delimited", "array": "array", "free": "unstructured"}


class _Shape(Struct, frozen=True, kw_only=True):
    """What files read in one statement share."""

    shape: str
    compression: Compression


class DocumentFiles:
    """The JSON files of one build of one raw table.

    Facts tell in `shape` how documents lie in a file: ``lines``, ``array``, ``free`` (one document
    or several, over any lines), or ``mended`` (lines, of which bad ones are set aside).
    """

    def __init__(
        self,
        table: SourceTable,
        reading: str,
        engine: Engine,
        store: TableStore,
        stage: Callable[[str], Path],
    ) -> None:
        self._table = table
        self._reading = reading
        self._engine = engine
        self._stage = stage
        self._readable = ReadableFiles(store, stage, table.dialect.encoding)
        self._declared = {name.casefold(): kind for name, kind in table.columns}
        self._mended: dict[str, Mended] = {}

    def measure(self, loads: Sequence[Load]) -> dict[str, Facts]:
        """Facts of loads, by id; the structure of every document enters.

        A file is refused that is no JSON (SRC003) or whose names of fields clash (SRC004, SRC005).
        """
        found: dict[str, Facts] = {}
        counted: list[tuple[Load, Facts]] = []
        for load in loads:
            facts = or_refused(self._reading, partial(self._count, load))
            if facts.records:
                counted.append((load, facts))
            else:
                found[load.id] = facts
        for batch in self._batches(counted):
            found.update(self._measure_batch(batch))
        return found

    def select(
        self, loads: Sequence[Load], facts: Mapping[str, Facts], columns: Sequence[Column]
    ) -> str:
        """Query of all rows of loads in the columns of the table."""
        pairs = [(load, facts[load.id]) for load in loads if facts[load.id].served]
        return "\nunion all\n".join(self._rows(batch, columns) for batch in self._batches(pairs))

    def in_place(self, *_: object) -> str:
        """Text is read once, into a copy with types."""
        return ""

    def set_aside(self, load: Load, _facts: Facts, /) -> tuple[str, tuple[str, ...]]:
        """Query of the malformed lines of a load, and the first of them in words."""
        mended = self._mend(load)
        return set_aside_rows(mended.aside), mended.first

    def _count(self, load: Load) -> Facts:
        is_lines = (self._table.format or format_of(load.path)) == "jsonl"
        with open_plain(self._readable.path(load), load.path) as stream:
            if is_lines:
                records, is_plain = count_lines(stream)
                shape = "lines" if is_plain else "mended"
            else:
                records, is_array, is_whole = count_documents(stream)
                if not is_whole:
                    raise damaged(load.path, "it is not valid JSON: it ends too early")
                shape = "array" if is_array else "free"
        if not is_lines and not records:
            with open_plain(self._readable.path(load), load.path) as stream:
                if holds_values(stream):
                    raise damaged(load.path, "its documents cannot become rows: not all objects")
        return Facts(reading=self._reading, records=records, shape=shape)

    def _measure_batch(self, batch: Sequence[tuple[Load, Facts]]) -> dict[str, Facts]:
        if batch[0][1].shape == "mended" and len(batch) > 1:
            return self._each(batch)
        misfit = " or ".join(_misfit(name, kind) for name, kind in self._table.columns) or "false"
        body = "r" if batch[0][1].shape == "mended" else "json"
        query = (
            f"select file_index, count(*), count(*) filter ({misfit}), json_group_structure(j), "
            f"bool_or(regexp_matches(j::varchar, {literal(SUSPECT)})) "
            f"from (select {body} as j, file_index "
            f"from {self._source(batch, {body: 'JSON'}, records=body == 'r')}) group by file_index"
        )
        try:
            rows = self._engine.rows(query)
        except TaskFailed as error:
            if len(batch) > 1:
                half = len(batch) // 2
                return self._measure_batch(batch[:half]) | self._measure_batch(batch[half:])
            load, facts = batch[0]
            if not is_of_the_file(error):
                raise
            if facts.shape != "lines":
                return {load.id: self._refuse(load, "it is not valid JSON")}
            return self._measure_batch([(load, replace(facts, shape="mended"))])
        return self._compare(batch, {row[0]: (row[1], row[2], row[3], row[4]) for row in rows})

    def _compare(
        self,
        batch: Sequence[tuple[Load, Facts]],
        rows: Mapping[int, tuple[int, int, str, bool]],
    ) -> dict[str, Facts]:
        found: dict[str, Facts] = {}
        for at, (load, facts) in enumerate(batch):
            count, unfit, text, may_lose = rows.get(at, (0, 0, "{}", False))
            structure = json.loads(text)
            if may_lose:
                structure = self._with_digits(load, facts, structure)
            is_mended = facts.shape == "mended"
            expected = self._mend(load).good if is_mended else facts.records
            if count == expected and not unfit and isinstance(structure, dict):
                bad = self._mend(load).bad if is_mended else 0
                columns = tuple((name, (_type(kind),)) for name, kind in structure.items())
                seen = replace(facts, records=count + bad, bad=bad, columns=columns)
                found[load.id] = or_refused(self._reading, partial(_named, seen, load.path))
            elif facts.shape == "lines":
                found.update(self._measure_batch([(load, replace(facts, shape="mended"))]))
            else:
                reason = "a value does not fit its declared type" if unfit else "not all objects"
                found[load.id] = self._refuse(load, f"its documents cannot become rows: {reason}")
        return found

    def _refuse(self, load: Load, reason: str) -> Facts:
        return refuse(self._reading, damaged(load.path, reason).problems)

    def _with_digits(self, load: Load, facts: Facts, structure: object) -> object:
        """The structure with text or wider integers where a number would lose digits."""
        leaves = list(lossy_leaves(structure))
        if not leaves:
            return structure
        body = "r" if facts.shape == "mended" else "json"
        source = self._source([(load, facts)], {body: "JSON"}, records=body == "r")
        tests = ", ".join(f"bool_or({loses(path, kind)})" for path, kind in leaves)
        (found,) = self._engine.rows(f"select {tests} from (select {body} as j from {source})")
        lost = (path for (path, _), is_lost in zip(leaves, found, strict=True) if is_lost)
        return keep_digits(structure, frozenset(lost))

    def _each(self, batch: Sequence[tuple[Load, Facts]]) -> dict[str, Facts]:
        found: dict[str, Facts] = {}
        for pair in batch:
            found.update(self._measure_batch([pair]))
        return found

    def _rows(self, batch: Sequence[tuple[Load, Facts]], columns: Sequence[Column]) -> str:
        is_mended = batch[0][1].shape == "mended"
        kinds = {
            column.name: "JSON" if column.name.casefold() in self._declared else column.type
            for column in columns
        }
        if is_mended:
            kinds = {"n": "BIGINT", "r": struct(kinds.items())}
        outputs = []
        for column in columns:
            value = ("r.r." if is_mended else "r.") + identifier(column.name)
            if column.name.casefold() in self._declared:
                value = _cast(value, column.type)
            outputs.append(f"{value} as {identifier(column.name)}")
        origins, before = [], 0
        for load, facts in batch:
            path = literal(str(self._path(load, facts)))
            origins.append(f"({path}, {literal(load.path)}, {before}::bigint)")
            before += facts.records
        number = "r.n" if is_mended else "r._row - o.before"
        # `_file` and `_row` are refused as names in files, so they cannot clash here.
        counted = "" if is_mended else ", row_number() over () as _row"
        source = self._source(batch, kinds, origin=", filename = '_file'")
        return (
            f"select {', '.join([*outputs, 'o.origin as _file', f'{number} as _row'])} "
            f"from (select *{counted} from {source}) r "
            f"join (values {', '.join(origins)}) o(place, origin, before) on r._file = o.place"
        )

    def _source(
        self,
        batch: Sequence[tuple[Load, Facts]],
        kinds: Mapping[str, str],
        *,
        records: bool = True,
        origin: str = "",
    ) -> str:
        shape = self._shape(*batch[0])
        listed = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in kinds.items())
        paths = [self._path(load, facts) for load, facts in batch]
        return (
            f"read_json({files(paths)}, "
            f"format = {literal(_FORMATS.get(shape.shape, 'newline_delimited'))}, "
            f"columns = {{{listed}}}, records = {str(records).lower()}, "
            f"compression = {literal(shape.compression)}{origin})"
        )

    def _path(self, load: Load, facts: Facts) -> Path:
        return self._mend(load).clean if facts.shape == "mended" else self._readable.path(load)

    def _batches(self, pairs: Sequence[tuple[Load, Facts]]) -> Iterator[list[tuple[Load, Facts]]]:
        # Rows are told apart by the path of the bytes, so the same bytes are never read together.
        seen: Counter[str] = Counter()
        times: dict[str, int] = {}
        for load, _ in pairs:
            times[load.id] = seen[load.content]
            seen[load.content] += 1
        return batches(pairs, lambda pair: (self._shape(*pair), times[pair[0].id]), _BATCH)

    def _shape(self, load: Load, facts: Facts) -> _Shape:
        is_mended = facts.shape == "mended"
        compression = "none" if is_mended else compression_of(self._readable.path(load))
        return _Shape(shape=facts.shape, compression=compression)

    def _mend(self, load: Load) -> Mended:
        if load.id not in self._mended:
            with open_plain(self._readable.path(load), load.path) as stream:
                mended = self._part(load, stream, {})
            self._mended[load.id] = mended
            refused = self._refused(load) if self._table.columns and mended.good else {}
            if refused:
                with open_plain(self._readable.path(load), load.path) as stream:
                    self._mended[load.id] = self._part(load, stream, refused)
        return self._mended[load.id]

    def _refused(self, load: Load) -> dict[int, str]:
        """Records whose values do not fit declared types, with the reason."""
        cases = [
            (f"`{name}` is no {kind}", _misfit(name, kind)) for name, kind in self._table.columns
        ]
        choice = " ".join(f"when {test} then {at}" for at, (_, test) in enumerate(cases))
        source = self._source(
            [(load, Facts(reading=self._reading, records=0, shape="mended"))],
            {"n": "BIGINT", "r": "JSON"},
        )
        query = f"select n, case {choice} end as k from (select n, r as j from {source})"
        found = self._engine.rows(f"select n, k from ({query}) where k is not null")
        return {number: cases[at][0] for number, at in found}

    def _part(self, load: Load, stream: IO[bytes], refused: Mapping[int, str]) -> Mended:
        return mend_lines(
            stream,
            origin=load.path,
            refused=refused,
            clean=self._stage(f"{load.id}.clean"),
            aside=self._stage(f"{load.id}.aside"),
        )


def _named(facts: Facts, origin: str) -> Facts:
    """Facts whose names of columns can stand side by side."""
    check_names(tuple(name for name, _ in facts.columns), origin)
    return facts


def _misfit(name: str, kind: str) -> str:
    """Whether a declared value of document `j` is there and does not fit."""
    value = f"(j -> {literal(_pointer(name))})"
    return (
        f"({value} is not null and json_type({value}) <> 'NULL' and {_cast(value, kind)} is null)"
    )


def _cast(value: str, kind: str) -> str:
    if is_nested(kind) or kind == "JSON":
        return f"try_cast({value} as {kind})"
    return f"try_cast(({value} ->> '$') as {kind})"


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _type(structure: object) -> str:
    """A type from the engine's account of a structure. Integers without sign are plain BIGINT."""
    match structure:
        case dict():
            return struct((name, _type(kind)) for name, kind in structure.items())
        case [element]:
            return f"{_type(element)}[]"
        case "UBIGINT":
            return "BIGINT"
        case str():
            return structure
        case _:
            return "JSON"
