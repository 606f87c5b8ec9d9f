"""What may be shown of a line that says how a source is reached: its keys, never its values.

A key may be mistyped or misplaced, so what it is called does not tell whether a secret follows.
"""

from __future__ import annotations

import re
from typing import Final

_STRING: Final = r"(?P<quote>[\"'])(?:\\.|(?!(?P=quote)).)*(?:(?P=quote)|\Z)"
_WORD: Final = re.compile(rf"{_STRING}|[^\s{{}}\[\],:\"']+")
_IN_BRACKETS: Final = re.compile(r"[\s-]*([\"']?[\w.-]+[\"']?\s*:\s*)?[{\[]")
_KEY: Final = re.compile(r"[\s-]*[\"']?[\w.-]+[\"']?\s*:(?=\s|\Z)")
_NAME: Final = re.compile(r"([\"']?)[\w.-]+\1\Z")


def keys_of_yaml(line: str) -> str | None:
    """A line with stars in place of values; None where no key begins it.

    >>> keys_of_yaml("  pasword: hunter2"), keys_of_yaml("  hunter2")
    ('  pasword: ***', None)
    >>> keys_of_yaml("connection: {kind: postgres, prot: 5}")
    'connection: {kind: ********, prot: *}'
    """
    if _IN_BRACKETS.match(line):
        return _WORD.sub(_unless_key, line)
    key = _KEY.match(line)
    if key is None:
        return None
    return f"{key[0]} ***" if line[key.end() :].strip() else line


def keys_of_python(line: str) -> str:
    """A line with stars in place of texts, but for those that keyword arguments are given.

    >>> keys_of_python('@source(mode="append", settings={"tokn": "hunter2"})')
    '@source(mode="append", settings={"tokn": *********})'
    """
    return re.sub(_STRING, _unless_argument, line)


def _unless_key(word: re.Match[str]) -> str:
    before, behind = word.string[: word.start()].rstrip(), word.string[word.end() :]
    begins = not before or before.endswith(("{", ",", "-"))
    ends = re.match(r"\s*:" if word["quote"] else r"\s*:(\s|\Z)", behind)
    return word[0] if begins and ends and _NAME.match(word[0]) else "*" * len(word[0])


def _unless_argument(text: re.Match[str]) -> str:
    is_key = text.string[text.end() :].lstrip().startswith(":")
    is_given = text.string[: text.start()].endswith("=")
    return text[0] if is_key or is_given else "*" * len(text[0])
