"""Delimiter and column names of one delimited file, from its own first line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from andon.acquisition.columns.table import ORIGIN_COLUMNS
from andon.errors import Problem, TaskFailed
from andon.reading.stored.codecs import damaged
from andon.spec.source import CsvDialect, Format

CANDIDATES = (",", ";", "\t", "|")
MOST_COLUMNS = 10_000
"""More columns take minutes and gigabytes for a handful of rows."""

_VALUE = re.compile(r"-?\d+([.,]\d+)?|\d{4}-\d\d-\d\d.*|\Z")


class Marks(Struct, frozen=True):
    """The signs between the values of a record.

    Attributes:
        quote: special at the beginning of a field only; doubled within a quoted one.
        escape: takes the meaning from the character behind it; comment: begins a line that is no
            record. Empty is none.
    """

    delimiter: str
    quote: str
    escape: str = ""
    comment: str = ""


def delimiter_of(line: str, dialect: CsvDialect, format_: Format) -> str:
    """Declared, else a tab for tsv, else the candidate that splits the first line most often."""
    if dialect.delimiter:
        return dialect.delimiter
    if format_ == "tsv":
        return "\t"
    quote = dialect.quote or '"'
    bare = re.sub(f"{re.escape(quote)}[^{re.escape(quote)}]*{re.escape(quote)}", "", line)
    return max(CANDIDATES, key=lambda char: (bare.count(char), -CANDIDATES.index(char)))


def is_value(text: str) -> bool:
    """Whether a text is a number or a date, or empty."""
    return _VALUE.fullmatch(text) is not None


def split_record(text: str, marks: Marks) -> list[str] | None:
    """Fields of one record, or None if its quotes are broken.

    >>> split_record('a,"b,""c",5" x', Marks(",", '"'))
    ['a', 'b,"c', '5" x']
    >>> split_record('a,"b', Marks(",", '"')) is None
    True
    """
    delimiter, quote = marks.delimiter, marks.quote
    if marks.escape and marks.escape in text:
        return _split_escaped(text, marks)
    if quote not in text:
        return text.split(delimiter)
    fields: list[str] = []
    at, size = 0, len(text)
    while True:
        if text.startswith(quote, at):
            end = at + 1
            while True:
                end = text.find(quote, end)
                if end < 0:
                    return None
                if not text.startswith(quote, end + 1):
                    break
                end += 2
            fields.append(text[at + 1 : end].replace(quote * 2, quote))
            at = end + 1
            if at < size and not text.startswith(delimiter, at):
                return None
        else:
            end = text.find(delimiter, at)
            end = size if end < 0 else end
            fields.append(text[at:end])
            at = end
        if at >= size:
            return fields
        at += len(delimiter)
        if at == size:
            return [*fields, ""]


def _split_escaped(text: str, marks: Marks) -> list[str] | None:
    r"""The same where an escape stands in the record; ``\\N`` as a whole field is left as it is.

    >>> _split_escaped(r'"a \"b\", c",d\,e,\N', Marks(",", '"', "\\"))
    ['a "b", c', 'd,e', '\\\\N']
    """
    fields: list[str] = []
    at, size = 0, len(text)
    while True:
        start = at
        is_quoted = is_open = text.startswith(marks.quote, at)
        at += is_quoted
        value: list[str] = []
        while at < size:
            char, following = text[at], text[at + 1 : at + 2]
            if (char == marks.escape and following) or (
                is_open and char + following == marks.quote * 2
            ):
                value.append(following)
                at += 1
            elif is_open and char == marks.quote:
                is_open = False
            elif not is_open and char == marks.delimiter:
                break
            elif is_quoted and not is_open:
                return None
            else:
                value.append(char)
            at += 1
        if is_open:
            return None
        is_word = text[start:at] == marks.escape + "N"
        fields.append(text[start:at] if is_word else "".join(value))
        if at >= size:
            return fields
        at += 1
        if at == size:
            return [*fields, ""]


def join_record(fields: Sequence[str], marks: Marks) -> str:
    """Fields as one record without escapes: quoted where they have to be, and quotes doubled."""
    quote = marks.quote
    special = (marks.delimiter, quote, "\n", "\r")
    return marks.delimiter.join(
        f"{quote}{field.replace(quote, quote * 2)}{quote}"
        if any(sign in field for sign in special)
        else field
        for field in fields
    )


def names_of(
    fields: list[str],
    dialect: CsvDialect,
    *,
    declared: tuple[tuple[str, str], ...],
    origin: str,
    is_doubtful: bool = False,
) -> tuple[str, ...]:
    """Column names: the header's, else the declared ones, else ``column_1`` and so on.

    A name that comes again gets a number: ``name_2``.

    Raises:
        TaskFailed: (SRC004) a name that comes twice is declared; (SRC005) a name is one that
            Andon adds itself; (SRC006) the first line looks like data, or the number of declared
            columns of a file without header is wrong.
    """
    if dialect.header is False:
        if declared and len(declared) != len(fields):
            raise _failed(
                "SRC006",
                f"`{origin}` has {len(fields)} columns, {len(declared)} are declared",
                "without a header the declared columns name the fields by position",
                "declare all columns of the file in `columns`, in order",
            )
        if declared:
            return tuple(name for name, _ in declared)
        return tuple(f"column_{place}" for place in range(1, len(fields) + 1))
    names = tuple(name.strip() or f"column_{at}" for at, name in enumerate(fields, start=1))
    if is_doubtful or (dialect.header is None and all(is_value(name.strip()) for name in fields)):
        raise _failed(
            "SRC006",
            f"the first line of `{origin}` looks like data, not like names of columns",
            "it has numbers or dates where a row would have them, and a row taken for names is lost",
            "declare `header: false` if the file has no header, or `header: true` to take it so",
        )
    wanted = {name.casefold() for name, _ in declared}
    repeated = {name for name, n in Counter(map(str.casefold, names)).items() if n > 1}
    if repeated & wanted:
        check_names(names, origin)
    names = _numbered(names) if repeated else names
    check_names(names, origin)
    return names


def _numbered(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names with a number where one came before.

    >>> _numbered(("a", "A", "a_2", "a"))
    ('a', 'A_3', 'a_2', 'a_4')
    """
    taken = {name.casefold() for name in names}
    seen: set[str] = set()
    found = []
    for name in names:
        chosen, count = name, 2
        while chosen.casefold() in seen or (chosen != name and chosen.casefold() in taken):
            chosen, count = f"{name}_{count}", count + 1
        seen.add(chosen.casefold())
        found.append(chosen)
    return tuple(found)


def check_names(names: tuple[str, ...], origin: str) -> None:
    """Refuse names of columns that cannot stand side by side in one table."""
    if len(names) > MOST_COLUMNS:
        raise _failed(
            "SRC015",
            f"`{origin}` has {len(names):,} columns",
            f"a table of more than {MOST_COLUMNS:,} columns cannot be worked with; a wrong delimiter "
            "or a damaged header gives as many",
            "correct `delimiter`, or have the file written with one row per value",
        )
    seen: dict[str, str] = {}
    own = {column.name for column in ORIGIN_COLUMNS}
    for name in names:
        folded = name.casefold()
        if "\0" in name:
            raise damaged(origin, "the name of a column holds a NUL character")
        if folded in own:
            raise _failed(
                "SRC005",
                f"`{origin}` has a column `{name}`",
                "Andon adds `_file` and `_row` to every raw row, to tell where it came from",
                "rename the column where the file is written",
            )
        if folded in seen:
            both = f"`{name}`" if name == seen[folded] else f"`{seen[folded]}` and `{name}`"
            raise _failed(
                "SRC004",
                f"`{origin}` has two columns called {both}",
                "columns are told apart by name without case, so one would hide the other",
                "rename one where the file is written; for a file without names `header: false`",
            )
        seen[folded] = name


def _failed(code: str, what: str, why: str, fix: str) -> TaskFailed:
    return TaskFailed(Problem(code=code, what=what, why=why, fix=fix))
