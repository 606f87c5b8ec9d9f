"""Delimited text: measure files in batches, fall back to one file at a time, read them typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from andon.acquisition.columns.facts import Facts, refuse
from andon.acquisition.deliveries.choose import Load
from andon.errors import Problem, TaskFailed
from andon.ports.engine import Engine
from andon.reading.aside import Mended
from andon.reading.batches import batches
from andon.reading.delimited import fixed
from andon.reading.delimited import queries as text_queries
from andon.reading.delimited.block import find_block, marks_of
from andon.reading.delimited.dialect import check_names, names_of
from andon.reading.delimited.mend import Expected, mend
from andon.reading.delimited.queries import Shape, TextFile
from andon.reading.delimited.records import lines
from andon.reading.delimited.survey import Survey, survey
from andon.reading.refusing import is_of_the_file, or_refused
from andon.reading.stored import encodings
from andon.reading.stored.codecs import (
    chunks,
    compression_of,
    damaged,
    unknown_encoding,
)
from andon.reading.stored.readable import ReadableFiles
from andon.schema import Column
from andon.spec.format import format_of
from andon.spec.source import SourceTable

_BATCH = 512
_FEW_COLUMNS = 250


class DelimitedFiles:
    """The delimited files of one build of one raw table."""

    def __init__(
        self,
        table: SourceTable,
        reading: str,
        engine: Engine,
        stage: Callable[[str], Path],
        readable: ReadableFiles,
    ) -> None:
        self._table = table
        self._reading = reading
        self._engine = engine
        self._stage = stage
        self._readable = readable
        self._quote = fixed.QUOTE if table.widths else table.dialect.quote or '"'
        self._declared = {name.casefold(): kind for name, kind in table.columns}
        self._mended: dict[str, Mended] = {}

    def measure(self, loads: Sequence[Load]) -> dict[str, Facts]:
        """Facts of loads, by id; every byte and every value is looked at.

        A file is refused (SRC003 to SRC008) that cannot be read, or whose names are not usable.
        """
        found: dict[str, Facts] = {}
        surveyed: list[tuple[Load, Facts]] = []
        for load in loads:
            facts = or_refused(self._reading, partial(self._survey, load))
            if facts.columns and (facts.records or facts.shape == "mended"):
                surveyed.append((load, facts))
            else:
                found[load.id] = facts
        for batch in self._batches(surveyed):
            found.update(self._measure_batch(batch))
        return found

    def select(
        self, loads: Sequence[Load], facts: Mapping[str, Facts], columns: Sequence[Column]
    ) -> str:
        """Query of all rows of loads in the columns of the table."""
        pairs = [(load, facts[load.id]) for load in loads if facts[load.id].served]
        queries = [
            text_queries.typed_rows([self._file(load, one) for load, one in batch], columns)
            for batch in self._batches(pairs)
        ]
        return "\nunion all\n".join(queries)

    def broken(self, *_: object) -> dict[str, Facts]:
        """None: every byte was looked at."""
        return {}

    def in_place(self, *_: object) -> str:
        """Text is read once, into a copy with types."""
        return ""

    def set_aside(self, load: Load, facts: Facts, /) -> tuple[str, tuple[str, ...]]:
        """Query of the malformed rows of a load, and the first of them in words."""
        mended = self._mend(load, facts)
        return text_queries.set_aside_rows(mended.aside), mended.first

    def _survey(self, load: Load) -> Facts:
        if self._table.widths:
            return self._survey_fixed(load)
        seen, encoding = self._scan(load, ""), ""
        dialect = self._table.dialect
        if dialect.encoding is None and not (seen.is_utf8 and not seen.has_zeros):
            encoding = self._told_encoding(load, seen)
            seen = self._scan(load, encoding) if encoding else seen
        if not seen.head.strip(b"\r\n"):
            return Facts(reading=self._reading, records=0, shape="mended", encoding=encoding)
        format_ = self._table.format or format_of(load.path) or "csv"
        block = find_block(seen.head, dialect, format_, self._quote)
        if block.header is None:
            raise damaged(load.path, "the quotes of its first line are broken")
        names = names_of(
            block.header,
            dialect,
            declared=self._table.columns,
            origin=load.path,
            is_doubtful=block.is_doubtful,
        )
        has_header = dialect.header is not False
        is_plain = seen.is_plain and not (block.before or dialect.escape or dialect.comment)
        newline = "crlf" if seen.newline == "\r\n" else "lf"
        return Facts(
            reading=self._reading,
            records=seen.records - has_header,
            before=block.before,
            columns=tuple((name, 0) for name in names),
            delimiter=block.delimiter,
            shape=newline if is_plain else "mended",
            encoding=encoding,
            notes=tuple(_notes(encoding, block.header if has_header else [], names)),
        )

    def _survey_fixed(self, load: Load) -> Facts:
        """Facts of text of fixed width, which always is cut line by line."""
        seen, encoding = self._scan(load, ""), ""
        if self._table.dialect.encoding is None and not (seen.is_utf8 and not seen.has_zeros):
            encoding = self._told_encoding(load, seen)
        names = tuple(field.name for field in self._table.widths)
        check_names(names, load.path)
        return Facts(
            reading=self._reading,
            records=0,
            columns=tuple((name, 0) for name in names),
            delimiter=fixed.DELIMITER,
            shape="mended",
            encoding=encoding,
            notes=tuple(_notes(encoding, (), ())),
        )

    def _scan(self, load: Load, encoding: str) -> Survey:
        with self._readable.open(load, encoding) as stream:
            return survey(chunks(stream), self._quote)

    def _told_encoding(self, load: Load, seen: Survey) -> str:
        """The encoding of a file that is no plain UTF-8; empty where it is damaged UTF-8."""
        told = encodings.by_mark(seen.head) or encodings.by_zeros(seen.head)
        if told or seen.is_utf8:
            return told
        with self._readable.open(load) as stream:
            told = encodings.of_lines(line for line in lines(stream) if not line.isascii())
        if not told:
            raise unknown_encoding(load.path)
        return "" if told == "utf-8" else told

    def _measure_batch(self, batch: Sequence[tuple[Load, Facts]]) -> dict[str, Facts]:
        """Measure in one statement; whatever is in doubt is measured alone, then mended."""
        if batch[0][1].shape == "mended":
            if len(batch) > 1:
                return self._each(batch)
            untidy = or_refused(self._reading, partial(self._mendable, *batch[0]))
            if untidy.refused:
                return {batch[0][0].id: untidy}
        files = [self._file(load, facts) for load, facts in batch]
        try:
            rows = self._evidence(files)
        except TaskFailed as error:
            if len(batch) > 1:
                half = len(batch) // 2
                return self._measure_batch(batch[:half]) | self._measure_batch(batch[half:])
            load, facts = batch[0]
            if not is_of_the_file(error):
                raise
            if facts.shape == "mended":
                return {load.id: refuse(self._reading, _unread(load, error).problems)}
            return self._measure_batch([(load, _doubtful(facts))])
        return self._compare(batch, rows)

    def _evidence(self, files: Sequence[TextFile]) -> dict[int, tuple[int, ...]]:
        """Per file its rows, those that do not fit, and a mask per column.

        Many columns are asked for in several statements, since each costs memory.
        """
        width = len(files[0].shape.names)
        found: dict[int, tuple[int, ...]] = {}
        for start in range(0, width, _FEW_COLUMNS):
            places = range(start, min(start + _FEW_COLUMNS, width))
            query = text_queries.evidence(files, self._declared, places)
            for at, count, unfit, *masks in self._engine.rows(query):
                _, known, *before = found.get(at, (count, 0))
                found[at] = (count, known + unfit, *before, *masks)
        return found

    def _compare(
        self, batch: Sequence[tuple[Load, Facts]], rows: Mapping[int, tuple[int, ...]]
    ) -> dict[str, Facts]:
        found: dict[str, Facts] = {}
        for at, (load, facts) in enumerate(batch):
            count, unfit, *masks = rows.get(at, (0, 0, *(0 for _ in facts.columns)))
            is_mended = facts.shape == "mended"
            expected = self._mend(load, facts).good if is_mended else facts.records
            if count == expected and not unfit:
                names = (name for name, _ in facts.columns)
                mended = self._mend(load, facts) if is_mended else None
                bad, around = (mended.bad, mended.around) if mended else (0, 0)
                found[load.id] = replace(
                    facts,
                    records=count + bad + around,
                    bad=bad,
                    around=around,
                    columns=tuple(zip(names, masks, strict=True)),
                )
            elif is_mended:
                found[load.id] = refuse(self._reading, _lost(load, expected, count).problems)
            else:
                found.update(self._measure_batch([(load, _doubtful(facts))]))
        return found

    def _each(self, batch: Sequence[tuple[Load, Facts]]) -> dict[str, Facts]:
        found: dict[str, Facts] = {}
        for pair in batch:
            found.update(self._measure_batch([pair]))
        return found

    def _file(self, load: Load, facts: Facts) -> TextFile:
        shape = self._shape(load, facts)
        if shape.is_mended:
            mended = self._mend(load, facts)
            return TextFile(path=mended.clean, origin=load.path, records=mended.good, shape=shape)
        path = self._readable.path(load, facts.encoding)
        return TextFile(path=path, origin=load.path, records=facts.records, shape=shape)

    def _batches(self, pairs: Sequence[tuple[Load, Facts]]) -> Iterator[list[tuple[Load, Facts]]]:
        return batches(pairs, lambda pair: self._shape(*pair), _BATCH)

    def _shape(self, load: Load, facts: Facts) -> Shape:
        is_mended = facts.shape == "mended"
        return Shape(
            names=tuple(name for name, _ in facts.columns),
            delimiter=facts.delimiter,
            quote=self._quote,
            newline="\r\n" if facts.shape == "crlf" else "\n",
            compression="none"
            if is_mended
            else compression_of(self._readable.path(load, facts.encoding)),
            has_header=self._table.dialect.header is not False and not is_mended,
            is_mended=is_mended,
            dialect=self._table.dialect,
        )

    def _mend(self, load: Load, facts: Facts) -> Mended:
        """Part good from bad, once per build; first by form, then by the declared types."""
        known = self._mended.get(load.id)
        if known is not None:
            return known
        mended = self._mended[load.id] = self._part(load, facts, {})
        if any(name.casefold() in self._declared for name, _ in facts.columns) and mended.good:
            names = [name for name, _ in facts.columns]
            query = text_queries.misfits(self._file(load, facts), self._declared)
            refused = {
                number: f"`{names[at]}` is no {self._declared[names[at].casefold()]}"
                for number, at in self._engine.rows(query)
            }
            if refused:
                mended = self._mended[load.id] = self._part(load, facts, refused)
        return mended

    def _mendable(self, load: Load, facts: Facts) -> Facts:
        """The same facts, once the file is mended."""
        self._mend(load, facts)
        return facts

    def _part(self, load: Load, facts: Facts, refused: Mapping[int, str]) -> Mended:
        header = self._table.dialect.header
        expected = Expected(
            origin=load.path,
            width=len(facts.columns),
            marks=marks_of(facts.delimiter, self._table.dialect, self._quote),
            has_header=header is not False,
            before=facts.before,
            is_declared=header is True,
        )
        clean, aside = self._stage(f"{load.id}.clean"), self._stage(f"{load.id}.aside")
        with self._readable.open(load, facts.encoding) as stream:
            if self._table.widths:
                return fixed.cut_lines(
                    stream,
                    self._table.widths,
                    origin=load.path,
                    has_header=header is True,
                    refused=refused,
                    clean=clean,
                    aside=aside,
                )
            return mend(stream, expected, refused=refused, clean=clean, aside=aside)


def _doubtful(facts: Facts) -> Facts:
    return replace(facts, shape="mended")


def _notes(encoding: str, header: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    if encoding:
        yield f"read as {encoding}: its bytes are no UTF-8, and no `encoding` is declared"
    for written, name in zip(header, names, strict=False):
        if written.strip() and written.strip() != name:
            yield f"`{written.strip()}` names several columns; one of them is called `{name}`"


def _unread(load: Load, error: TaskFailed) -> TaskFailed:
    return damaged(load.path, error.problems[0].what)


def _lost(load: Load, expected: int, count: int) -> TaskFailed:
    return TaskFailed(
        Problem(
            code="SRC008",
            what=f"`{load.path}` gave {count:,} rows of {expected:,} counted",
            why="records are counted apart from the parser, and none may be lost or invented",
            fix="declare `delimiter` and `quote` of the file; if they are right, report this as a "
            f"fault of Andon. To go on without it: `andon check --set-aside {load.path}`",
        )
    )
