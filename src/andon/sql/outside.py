"""Functions that an asset may not call: they read the outside, or differ from run to run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from andon.errors import Problem, Where
from andon.sql.body import Span
from andon.sql.lex import Token
from andon.sql.place import place

_OUTSIDE: Final = re.compile(
    r"(?:read_\w+|sniff_csv|glob|(?:parquet|sqlite|postgres|mysql|iceberg|delta|arrow|pandas|ducklake)"
    r"_\w+|st_read\w*|query|query_table|histogram_values|json_serialize_plan|duckdb_\w+|pragma_\w+|getenv|which_secret|from_substrait\w*"
    r"|http_\w+|nextval|currval|setval|write_log|python_\w+|json_execute_serialized_sql|seq_scan"
    r"|(?:enable|disable)_\w+|(?:force_)?checkpoint|\w+_external_resource\w*|truncate_duckdb_logs"
    r"|current_(?:setting|query|\w+_id)|txid_current|getvariable|pg_sleep|sleep_ms|extension_versions"
    r"|user_agent|pg_(?:postmaster_start_time|conf_load_time|timezone_names)|inet_\w+_(?:addr|port))\Z"
)
_READERS: Final = frozenset({"from", "join", "table", "describe", "summarize", "pivot", "unpivot"})
_RANDOM: Final = frozenset({"random", "uuid", "gen_random_uuid", "uuidv4", "uuidv7", "setseed"})
_FREQUENT: Final = frozenset({"sum", "count", "max", "min", "coalesce", "in", "as", "over", "and"})
_WHY: Final = (
    "data from outside enters through a source, where it is recorded, typed and counted;"
    " a file read inside an asset changes without a new build"
)
_FIX: Final = "declare it in sources/, and read the table of that source"
_FILE: Final = re.compile(r"[./\\:*?]")


def refused_calls(text: str, tokens: Sequence[Token], path: str, *, seeded: bool) -> list[Problem]:
    """Problems of called functions and of files named as tables."""
    problems: list[Problem] = []
    for index, (token, following) in enumerate(pairwise(tokens)):
        if following.text == "(":
            if token.kind in {"word", "quoted"} and token.lower not in _FREQUENT:
                problems += _called(text, tokens, index, path, seeded=seeded)
        elif token.kind in {"string", "quoted"} and index:
            is_file = token.kind == "string" or _is_file(tokens, index)
            if is_file and tokens[index - 1].lower in _READERS:
                problems.append(_reads_outside(text, token, path, f"the file {token.text}"))
    if tokens and len(tokens) > 1 and tokens[-2].lower in _READERS:
        last = tokens[-1]
        if last.kind == "string" or (last.kind == "quoted" and _FILE.search(last.text)):
            problems.append(_reads_outside(text, last, path, f"the file {last.text}"))
    if not seeded and "sample" in text.lower():
        problems += _samples(text, tokens, path)
    return problems


def is_outside(function: str) -> bool:
    """Whether a function reads what no source declared: files, databases, the engine's state."""
    return _OUTSIDE.match(function.lower()) is not None


def unforeseen(
    reads: Iterable[str], tables: Iterable[str], functions: Iterable[str], path: str
) -> tuple[Problem, ...]:
    """Problems of what the engine would use and Andon's own reading of the query did not tell.

    Args:
        reads: names of the tables it may read.
        tables, functions: what the engine's parser finds in the same text.
    """
    known = {name.lower() for name in reads}
    found = [f"the table `{name}`" for name in sorted(tables) if name.lower() not in known]
    found += [f"`{name}(...)`" for name in sorted(functions) if is_outside(name)]
    return tuple(
        Problem(
            code="SQL003",
            what=f"{path} reads {what} itself",
            why=_WHY,
            fix=_FIX,
            where=Where(path=path),
        )
        for what in found
    )


def refused_files(text: str, files: Iterable[Span], path: str) -> list[Problem]:
    """Problems of files that a syntax tree reads as tables."""
    return [
        Problem(
            code="SQL003",
            what=f"{path} reads the file {text[span.start : span.end]} itself",
            why=_WHY,
            fix=_FIX,
            where=place(text, span.start, path, span.end - span.start),
        )
        for span in files
    ]


def _called(
    text: str, tokens: Sequence[Token], index: int, path: str, *, seeded: bool
) -> list[Problem]:
    token = tokens[index]
    name = token.lower.strip('"')
    if _OUTSIDE.match(name):
        return [_reads_outside(text, token, path, f"`{name}(...)`")]
    if name in _RANDOM and (not seeded or name == "uuidv7"):
        return [_differs(text, token, path, f"`{name}()`", "each run")]
    if name in {"age", "ago"} and _has_one_argument(tokens, index + 1):
        return [_hidden_clock(text, token, path)]
    return []


def _is_file(tokens: Sequence[Token], index: int) -> bool:
    return bool(_FILE.search(tokens[index].text)) and tokens[index + 1].text != "."


def _has_one_argument(tokens: Sequence[Token], opening: int) -> bool:
    depth = 0
    for token in tokens[opening:]:
        if token.text in {"(", "[", "{"}:
            depth += 1
        elif token.text in {")", "]", "}"}:
            depth -= 1
        elif token.text == "," and depth == 1:
            return False
        if depth == 0:
            break
    return True


def _samples(text: str, tokens: Sequence[Token], path: str) -> list[Problem]:
    problems = []
    for index, token in enumerate(tokens):
        word = token.lower
        is_sample = word == "tablesample" or (
            word == "sample" and index and tokens[index - 1].lower == "using"
        )
        if not is_sample:
            continue
        following = [one.lower for one in tokens[index + 1 : index + 10]]
        joined = " ".join(following)
        if "repeatable" in following or re.search(r"\( \w+ , \d+ \)", joined):
            continue
        problems.append(_differs(text, token, path, "a sample without a seed", "each run"))
    return problems


def _reads_outside(text: str, token: Token, path: str, what: str) -> Problem:
    return Problem(
        code="SQL003",
        what=f"{path} reads {what} itself",
        why=_WHY,
        fix=_FIX,
        where=place(text, token.start, path, len(token.text)),
    )


def _differs(text: str, token: Token, path: str, what: str, when: str) -> Problem:
    return Problem(
        code="SQL004",
        what=f"{path} uses {what}, which gives another result at {when}",
        why="the same code and the same inputs must give the same table",
        fix="use a hash of the key (`hash(id)`), write `repeatable (1)` after a sample,"
        " or declare `seed:` in andon.toml",
        where=place(text, token.start, path, len(token.text)),
    )


def _hidden_clock(text: str, token: Token, path: str) -> Problem:
    return Problem(
        code="SQL005",
        what=f"{path} calls `{token.lower}` with one argument, which reads the clock unseen",
        why="an asset sees one recorded logical time, put in place of each clock function",
        fix="write `age(current_date, ...)`, or `now() - ...` for `ago`",
        where=place(text, token.start, path, len(token.text)),
    )
