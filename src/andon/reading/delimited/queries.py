"""SQL over delimited files: evidence of types, values that do not fit, and the typed rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from andon.acquisition.columns.evidence import NULL_WORDS, Seen
from andon.reading.delimited.notation import usual
from andon.reading.quoting import files, identifier, literal, texts
from andon.reading.stored.codecs import Compression
from andon.schema import Column
from andon.spec.source import CsvDialect

INTEGERS = frozenset(
    f"{sign}{name}"
    for name in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
    for sign in ("", "U")
) | {"INT"}
_FLOAT = r"-?(0|[1-9][0-9]*)?(\.[0-9]*([eE][+-]?[0-9]+)?|[eE][+-][0-9]+)"
_EXPONENT = r"-?[1-9][0-9]*e[0-9]+"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_MOMENT = _DATE + r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_ZONED = _MOMENT + r" ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)"


class Shape(Struct, frozen=True, kw_only=True):
    """What files read in one statement share.

    Attributes:
        names: column names in order; newline: as SQL takes it.
        is_mended: whether the record number comes as first field.
    """

    names: tuple[str, ...]
    delimiter: str
    quote: str
    newline: str
    compression: Compression
    has_header: bool
    is_mended: bool
    dialect: CsvDialect


class TextFile(Struct, frozen=True, kw_only=True):
    """A delimited file ready to be read.

    Attributes:
        origin: what its rows carry as ``_file``.
        records: rows it must give, by the independent count.
    """

    path: Path
    origin: str
    records: int
    shape: Shape


def evidence(read: Sequence[TextFile], declared: Mapping[str, str], places: Collection[int]) -> str:
    """Per file: its place in `read`, rows, rows that do not fit, and a mask for each of the columns."""
    shape = read[0].shape
    wanted = {at: kind for at, kind in _by_position(shape, declared).items() if at in places}

    def plain(at: int) -> str:
        return usual(f"c{at}", shape.dialect)

    masks = [
        "0" if at in wanted else f"coalesce(bit_or({kind_of(plain(at), shape.dialect.nulls)}), 0)"
        for at in places
    ]
    misfit = " or ".join(_misfit(f"c{at}", kind, shape) for at, kind in wanted.items()) or "false"
    outputs = ["file_index", "count(*)", f"count(*) filter ({misfit})", *masks]
    return f"select {', '.join(outputs)} from {_source(read)} group by file_index"


def misfits(file: TextFile, declared: Mapping[str, str]) -> str:
    """Number and first unfit column (its position) of each record of a mended file."""
    wanted = _by_position(file.shape, declared)
    tests = {at: _misfit(f"c{at}", kind, file.shape) for at, kind in wanted.items()}
    cases = " ".join(f"when {test} then {at}" for at, test in tests.items())
    return f"select n, case {cases} end from {_source([file])} where {' or '.join(tests.values())}"


def typed_rows(read: Sequence[TextFile], columns: Sequence[Column]) -> str:
    """The rows of files of one shape in the columns of the table, with origin and number."""
    shape = read[0].shape
    place = {name.casefold(): at for at, name in enumerate(shape.names)}
    outputs = []
    for column in columns:
        at = place.get(column.name.casefold())
        if at is None:
            value = f"cast(null as {column.type})"
        elif column.type == "VARCHAR":
            value = f"r.c{at}"
        else:
            value = f"try_cast({usual(f'r.c{at}', shape.dialect)} as {column.type})"
        outputs.append(f"{value} as {identifier(column.name)}")
    number = "r.n" if shape.is_mended else "r.n - o.before"
    origins, before = [], 0
    for at, file in enumerate(read):
        origins.append(f"({at}, {literal(file.origin)}, {before}::bigint)")
        before += file.records
    counted = (
        "*, file_index as fi"
        if shape.is_mended
        # The engine numbers rows in the order of files and records; that window runs in order.
        else ("*, file_index as fi, row_number() over () as n")
    )
    return (
        f"select {', '.join([*outputs, 'o.origin as _file', f'{number} as _row'])} "
        f"from (select {counted} from {_source(read)}) r "
        f"join (values {', '.join(origins)}) o(fi, origin, before) on r.fi = o.fi"
    )


def set_aside_rows(path: Path) -> str:
    """Rows of a staged list of malformed records."""
    kinds = "{_file: 'VARCHAR', _line: 'BIGINT', _reason: 'VARCHAR', _text: 'VARCHAR'}"
    return (
        f"select * from read_json({files([path])}, format = 'newline_delimited', "
        f"columns = {kinds}, compression = 'none')"
    )


def _source(read: Sequence[TextFile]) -> str:
    shape = read[0].shape
    kinds = [f"c{at}: 'VARCHAR'" for at in range(len(shape.names))]
    if shape.is_mended:
        kinds.insert(0, "n: 'BIGINT'")
    nulls = ["", *(shape.dialect.nulls or ())]
    options = {
        "columns": "{" + ", ".join(kinds) + "}",
        "auto_detect": "false",
        "header": str(shape.has_header).lower(),
        "delim": literal(shape.delimiter),
        "quote": literal(shape.quote),
        "escape": literal(shape.quote),
        "new_line": "'\\r\\n'" if shape.newline == "\r\n" else "'\\n'",
        "compression": literal(shape.compression),
        "nullstr": texts(nulls),
        "strict_mode": "true",
    }
    listed = ", ".join(f"{name} = {value}" for name, value in options.items())
    return f"read_csv({files(file.path for file in read)}, {listed})"


def _by_position(shape: Shape, declared: Mapping[str, str]) -> dict[int, str]:
    return {
        at: declared[name.casefold()]
        for at, name in enumerate(shape.names)
        if name.casefold() in declared
    }


def kind_of(column: str, nulls: tuple[str, ...] | None) -> str:
    """The one kind of `Seen` that a value is, as a number; null for an empty field."""
    word = f"when {column} in ({_words()}) then {int(Seen.WORD)} " if nulls is None else ""
    whole = f"cast(try_cast({column} as bigint) as varchar) = {column}"
    return (
        f"case when {column} is null then null "
        # What sorts after the digits is no number and no date: most text is settled at once.
        f"when {column} >= ':' then case when strlen({column}) > 5 then {int(Seen.TEXT)} {word}"
        f"when lower({column}) in ('true', 'false') then {int(Seen.BOOLEAN)} "
        f"else {int(Seen.TEXT)} end "
        f"when {whole} then case when strlen({column}) <= 15 then {int(Seen.SHORT)} "
        f"else {int(Seen.LONG)} end {word}"
        f"when try_cast({column} as double) is not null "
        f"then case when regexp_full_match({column}, '{_FLOAT}') then {int(Seen.FLOAT)} "
        f"when regexp_full_match({column}, '{_EXPONENT}') then {int(Seen.EXPONENT)} "
        f"else {int(Seen.TEXT)} end "
        f"when try_cast({column} as timestamp) is not null then case "
        f"when regexp_full_match({column}, '{_DATE}') then {int(Seen.DATE)} "
        f"when regexp_full_match({column}, '{_MOMENT}') then {int(Seen.TIMESTAMP)} "
        f"when regexp_full_match({column}, '{_ZONED}') then {int(Seen.ZONED)} "
        f"else {int(Seen.TEXT)} end "
        f"else {int(Seen.TEXT)} end"
    )


def _misfit(column: str, kind: str, shape: Shape) -> str:
    return misfit_of(usual(column, shape.dialect), kind, shape.dialect.nulls)


def misfit_of(column: str, kind: str, nulls: tuple[str, ...] | None) -> str:
    """Whether a text does not fit its declared type. A fraction fits no integer."""
    test = f"try_cast({column} as {kind}) is null"
    if kind.upper() in INTEGERS:
        test = f"({test} or not {is_whole(column)})"
    if nulls is None and kind.upper() not in ("VARCHAR", "TEXT", "STRING"):
        test += f" and {column} not in ({_words()})"
    return f"({column} is not null and {test})"


def is_whole(column: str) -> str:
    """Whether a text is a whole number."""
    return f"regexp_full_match({column}, ' *[+-]?[0-9]+(\\.0*)? *')"


def _words() -> str:
    return ", ".join(literal(word) for word in NULL_WORDS)
