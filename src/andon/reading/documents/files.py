"""JSON: lines, arrays and single documents, with the exact structure of every value."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from andon.acquisition.columns.facts import Evidence, Facts, refuse
from andon.acquisition.columns.types import struct
from andon.acquisition.deliveries.choose import Load
from andon.errors import TaskFailed
from andon.ports.engine import Engine
from andon.reading.aside import Mended
from andon.reading.batches import batches
from andon.reading.delimited.dialect import check_names
from andon.reading.delimited.queries import set_aside_rows
from andon.reading.documents.clean import LONGEST, CleanLines, Columns, Convert
from andon.reading.documents.digits import SUSPECT, keep_digits, loses, lossy_leaves
from andon.reading.documents.names import kept_as_json
from andon.reading.documents.proofs import prove
from andon.reading.documents.queries import cast, masks, type_of
from andon.reading.documents.survey import (
    MOST_DEPTH,
    count_documents,
    count_lines,
    depth_of,
    fault_of,
    holds_values,
    json_lines,
)
from andon.reading.quoting import files, identifier, literal
from andon.reading.refusing import is_of_the_file, or_refused
from andon.reading.stored.codecs import Compression, compression_of, damaged, too_deep
from andon.reading.stored.encodings import by_mark
from andon.reading.stored.readable import ReadableFiles
from andon.schema import Column
from andon.spec.format import format_of
from andon.spec.source import SourceTable

_BATCH = 256
_NO_JSON = "it is not valid JSON, or a document of it is longer than 16 MB"
_TWICE = "a document of it has a name twice"
_NO_ROWS = "its documents cannot become rows: not all objects"
_FORMATS = {"lines": "newline_delimited", "array": "array", "free": "unstructured"}


class _Shape(Struct, frozen=True, kw_only=True):
    """What files read in one statement share."""

    shape: str
    compression: Compression


class DocumentFiles:
    """The JSON files of one build of one raw table.

    Facts tell in `shape` how documents lie in a file: ``lines``, ``array``, ``free`` (one document
    or several, over any lines), or ``mended`` (lines, of which bad ones are set aside).

    Args:
        convert: writes the records of other formats as documents, which are then ``mended``.
        is_untyped: whether all values are text whose types are found as in delimited files.
    """

    def __init__(
        self,
        table: SourceTable,
        reading: str,
        engine: Engine,
        stage: Callable[[str], Path],
        readable: ReadableFiles,
        convert: Convert | None = None,
        *,
        is_untyped: bool = False,
    ) -> None:
        self._table = table
        self._reading = reading
        self._engine = engine
        self._stage = stage
        self._readable = readable
        self._convert = convert
        self._is_untyped = is_untyped
        self._mended: dict[str, Mended] = {}
        self._columns: dict[str, Columns] = {}
        self._notes: dict[str, tuple[str, ...]] = {}

    def measure(self, loads: Sequence[Load]) -> dict[str, Facts]:
        """Facts of loads, by id; the structure of every document enters.

        A file is refused that is no JSON (SRC003) or whose names of fields clash (SRC004, SRC005).
        """
        found = self._proved(loads)
        counted: list[tuple[Load, Facts]] = []
        for load in loads:
            if load.id in found:
                continue
            facts = or_refused(self._reading, partial(self._count, load))
            if facts.columns:
                found[load.id] = or_refused(self._reading, partial(_named, facts, load.path))
            elif facts.records:
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
        read = self._batches(pairs, columns)
        return "\nunion all\n".join(self._rows(batch, columns) for batch in read)

    def broken(self, loads: Sequence[Load], *_: object) -> dict[str, Facts]:
        """Those in which a document has a name twice: refused, or without these documents."""
        found: dict[str, Facts] = {}
        for load in loads:
            facts = or_refused(self._reading, partial(self._count, load))
            if facts.shape == "lines":
                parted = self._measure_batch([(load, replace(facts, shape="mended"))])
                found.update({i: one for i, one in parted.items() if one.bad or one.refused})
            elif facts.shape in ("array", "free") and self._has_twice(load, facts):
                found[load.id] = self._refuse(load, _TWICE)
        return found

    def in_place(self, *_: object) -> str:
        """Text is read once, into a copy with types."""
        return ""

    def set_aside(self, load: Load, _facts: Facts, /) -> tuple[str, tuple[str, ...]]:
        """Query of the malformed lines of a load, and the first of them in words."""
        mended = self._mend(load)
        return set_aside_rows(mended.aside), mended.first

    def _proved(self, loads: Sequence[Load]) -> dict[str, Facts]:
        """Facts of the files that need no look of the engine at every document."""
        if self._is_untyped or self._convert is not None:
            return {}
        lines = [load for load in loads if self._is_lines(load)]
        return prove(lines, self._reading, self._engine, self._stage, self._readable)

    def _is_lines(self, load: Load) -> bool:
        return (self._table.format or format_of(load.path)) == "jsonl"

    def _count(self, load: Load) -> Facts:
        if self._convert is not None:
            mended = self._mend(load)
            return Facts(
                reading=self._reading,
                records=mended.good + mended.bad + mended.around,
                bad=mended.bad,
                around=mended.around,
                columns=self._columns.get(load.id, ()),
                shape="mended",
                notes=self._notes.get(load.id, ()),
            )
        encoding = ""
        if self._table.dialect.encoding is None:
            encoding = by_mark(self._readable.head(load, 4))
        if self._is_lines(load):
            return self._count_lines(load, encoding)
        with self._readable.open(load, encoding) as stream:
            counted = count_documents(stream)
        if not counted.is_whole:
            raise damaged(load.path, "it is not valid JSON: it ends too early")
        if counted.deepest > MOST_DEPTH:
            raise too_deep(load.path, MOST_DEPTH)
        if not counted.found:
            with self._readable.open(load, encoding) as stream:
                if holds_values(stream):
                    raise damaged(load.path, _NO_ROWS)
        shape = "array" if counted.is_array else "free"
        return Facts(reading=self._reading, records=counted.found, shape=shape, encoding=encoding)

    def _count_lines(self, load: Load, encoding: str) -> Facts:
        with self._readable.open(load, encoding) as stream:
            records, is_plain, may_be_deep = count_lines(stream)
        if may_be_deep:
            with self._readable.open(load, encoding) as stream:
                is_plain = is_plain and all(
                    depth_of(body) <= MOST_DEPTH for _, body in json_lines(stream, LONGEST)
                )
        shape = "lines" if is_plain else "mended"
        return Facts(reading=self._reading, records=records, shape=shape, encoding=encoding)

    def _measure_batch(self, batch: Sequence[tuple[Load, Facts]]) -> dict[str, Facts]:
        if batch[0][1].shape == "mended" and len(batch) > 1:
            return self._each(batch)
        body = "r" if batch[0][1].shape == "mended" else "json"
        query = (
            f"select file_index, count(*), json_group_structure(j), "
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
                return {load.id: self._refuse(load, _NO_JSON)}
            return self._measure_batch([(load, replace(facts, shape="mended"))])
        return self._compare(batch, {row[0]: (row[1], row[2], row[3]) for row in rows})

    def _compare(
        self,
        batch: Sequence[tuple[Load, Facts]],
        rows: Mapping[int, tuple[int, str, bool]],
    ) -> dict[str, Facts]:
        found: dict[str, Facts] = {}
        for at, (load, facts) in enumerate(batch):
            count, text, may_lose = rows.get(at, (0, "{}", False))
            lost = self._lossy(load, facts, json.loads(text)) if may_lose else frozenset()
            structure = keep_digits(json.loads(text), lost)
            is_mended = facts.shape == "mended"
            expected = self._mend(load).good if is_mended else facts.records
            if count == expected and isinstance(structure, dict):
                aside = self._mend(load) if is_mended else None
                bad, around = (aside.bad, aside.around) if aside else (0, 0)
                seen = replace(
                    facts,
                    records=count + bad + around,
                    bad=bad,
                    around=around,
                    columns=self._evidence(load, facts, structure),
                    notes=(*facts.notes, *kept_as_json(structure)),
                )
                found[load.id] = or_refused(self._reading, partial(_named, seen, load.path))
            elif facts.shape == "lines":
                found.update(self._measure_batch([(load, replace(facts, shape="mended"))]))
            else:
                found[load.id] = self._refuse(load, _NO_ROWS)
        return found

    def _evidence(self, load: Load, facts: Facts, structure: Mapping[str, object]) -> Columns:
        """What each field is: its type, or of text without types the kinds that were seen."""
        columns: dict[str, Evidence] = {name: (type_of(kind),) for name, kind in structure.items()}
        if self._is_untyped:
            names = [name for name, kinds in columns.items() if kinds == ("VARCHAR",)]
            source = self._source([(load, facts)], {"n": "BIGINT", "r": "JSON"})
            query = masks(names, f"(select r as j from {source})", self._table.dialect.nulls)
            found = self._engine.rows(query)[0] if names else ()
            columns.update(zip(names, found, strict=True))
        return tuple(columns.items())

    def _refuse(self, load: Load, reason: str) -> Facts:
        return refuse(self._reading, damaged(load.path, reason).problems)

    def _lossy(self, load: Load, facts: Facts, structure: object) -> frozenset[str]:
        """Paths at which a number would lose digits in the type that the engine proposes."""
        leaves = list(lossy_leaves(structure))
        if not leaves:
            return frozenset()
        body = "r" if facts.shape == "mended" else "json"
        source = self._source([(load, facts)], {body: "JSON"}, records=body == "r")
        tests = ", ".join(f"bool_or({loses(path, kind)})" for path, kind in leaves)
        (found,) = self._engine.rows(f"select {tests} from (select {body} as j from {source})")
        return frozenset(p for (p, _), is_lost in zip(leaves, found, strict=True) if is_lost)

    def _has_twice(self, load: Load, facts: Facts) -> bool:
        """Whether the engine finds a name twice in a document of a file."""
        columns = self._measure_batch([(load, facts)])[load.id].columns
        # Within objects it is found only where they become structs.
        source = self._source(
            [(load, facts)],
            {name: kinds[0] if isinstance(kinds, tuple) else "JSON" for name, kinds in columns},
        )
        try:
            self._engine.rows(f"select max(hash(r)) from {source} r")
        except TaskFailed as error:
            if not is_of_the_file(error):
                raise
            return True
        return False

    def _each(self, batch: Sequence[tuple[Load, Facts]]) -> dict[str, Facts]:
        found: dict[str, Facts] = {}
        for pair in batch:
            found.update(self._measure_batch([pair]))
        return found

    def _rows(self, batch: Sequence[tuple[Load, Facts]], columns: Sequence[Column]) -> str:
        is_mended = batch[0][1].shape == "mended"
        # Documents tell names apart by case: each is asked for as these files spell it.
        spelled = {name.casefold(): name for _, facts in batch for name, _ in facts.columns}
        kinds = {
            spelled.get(column.name.casefold(), column.name): (
                "JSON" if self._is_cast(column) else column.type
            )
            for column in columns
        }
        if is_mended:
            kinds = {"n": "BIGINT", "r": struct(kinds.items())}
        outputs = []
        for column in columns:
            value = ("r.r." if is_mended else "r.") + identifier(column.name)
            if self._is_cast(column):
                value = cast(value, column.type)
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

    def _is_cast(self, column: Column) -> bool:
        """Whether values are cast from their text: what was told from texts, and bytes."""
        return self._is_untyped or (column.type == "BLOB" and self._convert is not None)

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
        if facts.shape == "mended":
            return self._mend(load, facts.encoding).clean
        return self._readable.path(load, facts.encoding)

    def _batches(
        self, pairs: Sequence[tuple[Load, Facts]], columns: Sequence[Column] = ()
    ) -> Iterator[list[tuple[Load, Facts]]]:
        """Files that are read in one statement; those of a table spell its columns alike."""
        wanted = {column.name.casefold(): column.name for column in columns}

        def otherwise(facts: Facts) -> tuple[str, ...]:
            names = (name for name, _ in facts.columns)
            return tuple(sorted(n for n in names if wanted.get(n.casefold(), n) != n))

        # Rows are told apart by the path of the bytes, so the same bytes are never read together.
        seen: Counter[str] = Counter()
        times: dict[str, int] = {}
        for load, _ in pairs:
            times[load.id] = seen[load.content]
            seen[load.content] += 1
        return batches(
            pairs,
            lambda pair: (self._shape(*pair), times[pair[0].id], otherwise(pair[1])),
            _BATCH,
        )

    def _shape(self, load: Load, facts: Facts) -> _Shape:
        is_mended = facts.shape == "mended"
        place = "none" if is_mended else compression_of(self._readable.path(load, facts.encoding))
        return _Shape(shape=facts.shape, compression=place)

    def _mend(self, load: Load, encoding: str = "") -> Mended:
        if load.id not in self._mended:
            self._mended[load.id] = self._part(load, encoding)
        return self._mended[load.id]

    def _part(self, load: Load, encoding: str) -> Mended:
        clean, aside = self._stage(f"{load.id}.clean"), self._stage(f"{load.id}.aside")
        with CleanLines(clean, aside, load.path) as out:
            if self._convert is None:
                with self._readable.open(load, encoding) as stream:
                    for line, body in json_lines(stream, LONGEST):
                        out.put(body, line, "" if len(body) > LONGEST else fault_of(body))
            else:
                self._columns[load.id] = self._convert(load, out) or ()
            self._notes[load.id] = tuple(out.notes)
        return out.mended()


def _named(facts: Facts, origin: str) -> Facts:
    """Facts whose names of columns can stand side by side."""
    check_names(tuple(name for name, _ in facts.columns), origin)
    return facts
