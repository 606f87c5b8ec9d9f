"""Errors of DuckDB as errors of Andon: a code, a next step, and never a value of a row."""

from __future__ import annotations

import re

import duckdb

from andon.engines.duckdb.reserved import misread
from andon.errors import AndonError, Cancelled, DataCorrupt, Problem, TaskFailed, Unavailable, Where

_LINE = re.compile(r"^LINE (\d+): (.*)\n( *)\^", re.MULTILINE)
_QUOTED = re.compile(r"['\"].*['\"]", re.DOTALL)
_NUMBER = re.compile(r"(?<![A-Za-z0-9_(])-?\d[\d.:+-]*(?:e[+-]?\d+)?(?![A-Za-z0-9_)])")
_OPERANDS = re.compile(r"(with value ).*?( can't be cast)|\([^()]*\d [-+*/] [^()]*\)", re.DOTALL)
_KNOWN = re.compile(
    r"Could not |Type [A-Z]|Overflow|Malformed JSON|More than one row|date field|time field"
    r"|timestamp field|Division by zero|Casting|Failed to cast|Cannot |Can't |Unimplemented"
    r"|Array |Map |Invalid type|Out of range|Parquet files do not"
)
_IN_BACKGROUND = re.compile(
    r'Async \w+ failed .*?"exception_message":"((?:[^"\\]|\\.)*)"', re.DOTALL
)
"""What a thread that writes behind the query says, handed on in JSON."""
_CORRUPT = re.compile(
    r"Parquet file|magic bytes|Failed to read file|Failed to read Parquet|Invalid PARQUET"
    r"|decompress|TProtocolException|thrift|don't know what type|No files found"
    r"|Could not read enough bytes|Incorrect stats size|Footer length error"
    r"|Parquet metadata is corrupt|width \(\d+\) of the bitpacked data",
    re.IGNORECASE,
)
_UNDECODED = re.compile(
    r"TProtocolException|don't know what type|Out of buffer|invalid TType|Varint-decoding"
    r"|Footer length error|Parquet file is likely|Parquet metadata is|Prefetch registered"
)
"""What the decoder of Parquet says without a class of its own."""
_TOO_LARGE = re.compile(r"Could not cast value -?\d{39} to DECIMAL\(38,0\)")
_FILE = re.compile(r"['\"]([^'\"]+(?:\.parquet|/raw/[0-9a-f]{2}/[0-9a-f]{64}))['\"]")


def translate(
    error: duckdb.Error | UnicodeDecodeError | RuntimeError, query: str = "", lines_before: int = 0
) -> AndonError:
    """The error of Andon for an error of DuckDB; raise it `from` the original.

    Bytes that are not UTF-8 come from an altered file: DuckDB lets no such text in.

    The place is given as line and column of `query` (path ``query``), which was run with
    `lines_before` lines of Andon's own in front of it.
    """
    if isinstance(error, UnicodeDecodeError | RuntimeError):
        return _corrupt("", query)
    text = str(error)
    place = _place(text, query, lines_before)
    match error:
        case duckdb.InterruptException():
            return Cancelled(
                _problem("ENG001", "the query was stopped", "it was interrupted", "run again")
            )
        case duckdb.OutOfMemoryException():
            return _out_of_memory(text)
        case (
            duckdb.IOException() | duckdb.InvalidInputException() | duckdb.SerializationException()
        ):
            return _of_files(error, text, query, place)
        case (
            duckdb.BinderException()
            | duckdb.CatalogException()
            | duckdb.SyntaxException()
            | duckdb.NotImplementedException()
        ):
            return _of_query(text, place)
        case duckdb.ParserException():
            return _of_syntax(text, place, misread(query, place))
        case duckdb.PermissionException():
            return TaskFailed(
                _problem(
                    "ENG008",
                    "the query reads or writes outside the project's store",
                    "an asset's SQL may only read other assets; files are acquired by sources",
                    "declare the file or database in sources/ and read the raw table",
                    place,
                )
            )
        case _ if _UNDECODED.match(text):
            return _corrupt(text, query)
        case _:
            return _of_data(text, place)


def _problem(code: str, what: str, why: str, fix: str, where: Where | None = None) -> Problem:
    return Problem(code=code, what=what, why=why, fix=fix, where=where)


def _out_of_memory(text: str) -> AndonError:
    if "max_temp_directory_size" in text or "temp directory" in text.lower():
        return TaskFailed(
            _problem(
                "ENG004",
                "the query needs more spill space than is allowed",
                "what does not fit in memory is spilled to disk, up to `spill` in andon.toml",
                "raise `spill` (or `memory`) in andon.toml, or reduce what the query sorts or joins",
            )
        )
    return TaskFailed(
        _problem(
            "ENG003",
            "the query needs more memory than is allowed",
            "the limit is `memory` in andon.toml, shared by engine and workers; some operators "
            "(list, string_agg, wide windows) cannot spill",
            "raise `memory` in andon.toml, lower `threads`, or aggregate in smaller groups",
        )
    )


def _of_files(error: duckdb.Error, text: str, query: str, place: Where | None) -> AndonError:
    if "No space left" in text or "disk quota" in text.lower():
        return Unavailable(
            _problem(
                "ENG005",
                "the disk is full",
                "the store or its spill folder could not be written",
                "free space on the disk of the store, then run again",
            )
        )
    if _CORRUPT.search(text):
        return _corrupt(text, query)
    if isinstance(error, duckdb.IOException):
        return Unavailable(
            _problem(
                "ENG007",
                "a file of the store could not be read or written",
                _scrub(text),
                "see that the disk is mounted and writable, then run again",
            )
        )
    return _of_data(text, place)


def _corrupt(text: str, query: str) -> DataCorrupt:
    """A stored file cannot be decoded; it is named if DuckDB names it, or the query reads no other."""
    told = _FILE.search(text)
    read = {told.group(1)} if told else set(_FILE.findall(query))
    name = f"`{read.pop()}`" if len(read) == 1 else "a stored file that the query reads"
    return DataCorrupt(
        _problem(
            "ENG006",
            f"{name} cannot be read",
            "the file is missing, truncated or altered since it was written",
            "run `andon doctor --deep` to see what is affected, then `andon run` to build it anew, "
            "or restore the file",
        )
    )


def _of_query(text: str, place: Where | None, fix: str = "") -> AndonError:
    return TaskFailed(
        _problem(
            "ENG002",
            f"the query is not valid: {_first_line(text)}",
            "the engine could not parse or bind it",
            fix or _hint(text) or "correct the query",
            place,
        )
    )


def _of_syntax(text: str, place: Where | None, word: str) -> AndonError:
    """A query that does not parse; `word` is the one that may have been meant as a name."""
    if not word:
        return _of_query(text, place)
    fix = f"`{word}` is a word of SQL: if a column has that name, write it in double quotes"
    return _of_query(f'{_first_line(text)}, at the word "{word}"', place, fix)


def _of_data(text: str, place: Where | None) -> AndonError:
    if "Values were not provided for" in text:
        return _of_query(text, place, "give each a value: `-p NAME=VALUE`, in Python `parameters=`")
    if _TOO_LARGE.search(text):
        return TaskFailed(
            _problem(
                "ENG017",
                "a whole number is too large to be stored exactly",
                "HUGEINT is stored as DECIMAL(38,0), the largest exact number that files have",
                "cast it to VARCHAR, or to DOUBLE if fewer digits are enough",
                place,
            )
        )
    return TaskFailed(
        _problem(
            "ENG009",
            f"the query failed on its data: {_scrub(text)}",
            "a value did not fit the operation; values are left out of this message",
            "use try_cast, a case expression or a filter for the rows concerned, or correct the type",
            place,
        )
    )


def _first_line(text: str) -> str:
    line = text.split("\n", 1)[0]
    return line.split(": ", 1)[-1].rstrip("!")


def _hint(text: str) -> str:
    for line in text.split("\n"):
        if line.startswith(("Candidate bindings: ", "Candidate Entries: ")):
            return f"write one of these: {line.split(': ', 1)[1].strip()}"
        if line.startswith("Did you mean "):
            return line.strip().replace("Did you mean ", "perhaps write ").removesuffix("?")
    return ""


def _scrub(text: str) -> str:
    """The known kind of a message, without anything quoted and without numbers.

    A message of unknown kind may be a user's own, made of values of a row: only its class is told.
    """
    kind, _, told = text.partition(": ")
    behind = _IN_BACKGROUND.match(told)
    if behind:
        told = behind[1].replace('\\"', '"')
    if not _KNOWN.match(told):
        return kind
    told = told.split("\n\nLINE ", 1)[0].split(" Input: ", 1)[0]
    told = _OPERANDS.sub(lambda m: f"{m[1]}…{m[2]}" if m[1] else "(…)", _QUOTED.sub("…", told))
    return _NUMBER.sub("…", told.split("\n", 1)[0]).rstrip("!")


def _place(text: str, query: str, lines_before: int) -> Where | None:
    """Line and column from the excerpt in a message; None outside the user's query."""
    found = _LINE.search(text)
    if not found:
        return None
    line = int(found.group(1)) - lines_before
    lines = query.split("\n")
    if not 1 <= line <= len(lines):
        return None
    shown = found.group(2)
    column = len(found.group(3)) - len(f"LINE {found.group(1)}: ") + 1
    if shown.startswith("..."):
        start = lines[line - 1].find(shown[3:].removesuffix("..."))
        column = column - 3 + max(start, 0)
    return Where(path="query", line=line, column=max(column, 1))
