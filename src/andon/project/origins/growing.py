"""`grows` of files: what was appended is read by itself, which not every kind of file allows."""

from __future__ import annotations

from andon.project.fields import Fields, where_of
from andon.project.yaml import ScalarNode
from andon.spec.address import is_remote
from andon.spec.format import format_of

_WIDE = ("utf-16", "utf16", "utf-32", "utf32", "utf_16", "utf_32")


def read_grows(table: Fields, paths: tuple[str, ...]) -> bool:
    """Whether files of a table are written to continuously; PRJ044 is noted where that cannot be."""
    if not table.boolean("grows"):
        return False
    named = table.values.get("format")
    form = named.value if isinstance(named, ScalarNode) else None
    forms = {str(form)} if form else {format_of(path) or "unknown" for path in paths}
    encoding = table.text("encoding").lower()
    wrong = sorted(forms - {"csv", "tsv", "jsonl"})
    if any(is_remote(path) for path in paths):
        _refuse(table, "files that grow and are not on this machine", "read them whole")
    elif wrong == ["unknown"]:
        _refuse(table, "files that grow and a format that is not told", "declare `format: jsonl`")
    elif wrong:
        _refuse(table, f"files that grow and the format {wrong[0]}", "write lines of JSON, or csv")
    elif encoding.startswith(_WIDE):
        _refuse(table, f"files that grow and the encoding {encoding}", "write UTF-8")
    return True


def _refuse(table: Fields, what: str, fix: str) -> None:
    table.findings.add(
        "PRJ044",
        where_of(table.file, table.values["grows"]),
        what=f"{table.of} has {what}",
        why="what is appended is read by itself, line by line",
        fix=f"{fix}, or take `grows` out",
    )
