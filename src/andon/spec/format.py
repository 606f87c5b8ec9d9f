"""Formats of files, by their names."""

from __future__ import annotations

import re
from posixpath import splitext

from andon.spec.source import Format

_PART = re.compile(r"(#[0-9]+|@([0-9]+:)?[0-9]+-[0-9]+)?(~[0-9a-f]{8})*\Z")
_SUFFIXES = (".gz", ".zst", ".bz2", ".xz")
_FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xml": "xml",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".avro": "avro",
    ".parquet": "parquet",
    ".pq": "parquet",
}


def format_of(path: str) -> Format | None:
    """Format by file name, below the suffix of a compression; None if it tells none.

    What marks a part of a sequence or of a file does not count.

    >>> format_of("in/a.csv.gz"), format_of("b.ndjson"), format_of("c.bin")
    ('csv', 'jsonl', None)
    >>> format_of("events.jsonl#12"), format_of("logs/a.csv@0-1234")
    ('jsonl', 'csv')
    """
    is_part = "#" in path or "@" in path or "~" in path
    whole = _PART.sub("", path.lower()) if is_part else path.lower()
    stem, suffix = splitext(whole.rstrip("/"))
    while suffix in _SUFFIXES:
        stem, suffix = splitext(stem)
    return _FORMATS.get(suffix)
