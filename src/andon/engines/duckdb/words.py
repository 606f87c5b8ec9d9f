"""The words of a query by DuckDB's own tokenizer: whether any could name what lies outside.

What a query reads or calls has to be named in it. So where no word and no text of it is such a name,
there is nothing to find, and parsing it once more (forty times the cost) tells nothing new.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import duckdb

from andon.engines.duckdb.hold import SCHEMA
from andon.sql.outside import is_outside

_PLAIN = re.compile(r"""(?:[a-z_0-9]+|"[a-z_0-9 ]*"|'[a-z_0-9 ,;=%+-]*')\Z""", re.ASCII)
"""Words and texts without anything that could make them a path, an escape or another spelling."""

_NUMBER = re.compile(r"[0-9._]*(?:e[0-9]*)?\Z", re.ASCII)
_OPERATOR = re.compile(r"(?:\$|[-+*/%<>=!~^&|.,:()\[\]{}?@#]+)\Z")
_BEGINNINGS = frozenset({"select", "with", "from", "values", "("})
_FORMS = frozenset(
    {"table", "describe", "summarize", "pivot", "unpivot", "show", "histogram"}
    | {"copy", "insert", "update", "delete", "truncate", "merge"}
)
"""Words that make a table of what follows them, or several statements of one, or that write."""

_BEFORE_DESC = frozenset(
    {"(", "union", "all", "except", "intersect", "distinct", "name", "lateral"}
)
_AFTER_DESC = frozenset({"", ",", ")", "nulls", "limit", "offset", "rows", "range", "groups"})
"""Around `desc` of an order; elsewhere it is short for `describe`."""

_SYSTEM = re.compile(
    rf"{SCHEMA}|duckdb_|pg_|sqlite_|pragma_|information_schema|test_|show_|"
    r"(?:add_grammar_extension|add_parquet_key|collations|copy_database|database_list|database_size|functions|"
    r"icu_calendar_names|import_database|main|metadata_info|platform|remove_grammar_extension|storage_info|summary|system|"
    r"table_info|temp|verify_parallelism|version)\Z"
)


def may_reach_out(sql: str) -> bool:
    """Whether a query could read or call what is not its own; False is certain, True is not.

    False also says that it is one query, beginning as queries do.
    """
    words = list(_words(sql))
    if not words or words[0] not in _BEGINNINGS or words[-1] == "data":  # `with no data`
        return True
    return any(is_suspect(word) for word in words) or _describes(words)


def _describes(words: Sequence[str]) -> bool:
    return any(
        word == "desc"
        and (words[at - 1] in _BEFORE_DESC or "".join(words[at + 1 : at + 2]) not in _AFTER_DESC)
        for at, word in enumerate(words)
    )


def _words(sql: str) -> Iterator[str]:
    """Tokens in lower case, without comments."""
    text = sql.encode()
    found = duckdb.tokenize(sql)
    starts = [start for start, _ in found]
    for (start, kind), end in zip(found, [*starts[1:], len(text)], strict=False):
        if kind != duckdb.token_type.comment:
            yield text[start:end].decode().strip(" \t\r\n\f\v").lower()


@lru_cache(maxsize=4096)
def is_suspect(word: str) -> bool:
    """Whether a token is, or could hide, a name of the system, a file, or an end of the query."""
    if _PLAIN.match(word):
        name = word.strip("\"'").strip()
        return name in _FORMS or is_outside(name) or _SYSTEM.match(name) is not None
    return not (_OPERATOR.match(word) or _NUMBER.match(word))
