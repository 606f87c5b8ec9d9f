"""How delimited text is written, as a table of a source declares it."""

from __future__ import annotations

import codecs
import re

from andon.project.fields import Fields, where_of
from andon.spec.source import CsvDialect

_PARTS = re.compile(r"%-?[a-zA-Z%]")
_KNOWN = frozenset("aAbBdmyYHIMSfgpj%")
_DAYS = ({"Y", "y"}, {"m", "b", "B", "j"}, {"d", "j"})
"""Of each of these a date needs one."""


def read_dialect(fields: Fields) -> CsvDialect:
    """The declared dialect; what is not declared is told from the files."""
    delimiter, quote, escape = (_sign(fields, key) for key in ("delimiter", "quote", "escape"))
    comment = fields.text("comment")
    if escape and escape in (delimiter, quote or '"'):
        node = fields.values["escape"]
        fields.wrong(
            node,
            "escape",
            "another sign than `delimiter` and `quote`",
            r"'\\'",
            "it is one of them",
        )
    for name in ("escape", "comment"):
        if name in fields.values and fields.boolean("grows"):
            fields.findings.add(
                "PRJ036",
                where_of(fields.file, fields.values[name]),
                what=f"`{name}` cannot stand beside `grows`",
                why="where a record ends has to be told while the file is written, by quotes alone",
                fix=f"take `{name}` out, or leave out `grows` and deliver files that are complete",
            )
    return CsvDialect(
        delimiter=delimiter or None,
        quote=quote or None,
        header=fields.boolean("header"),
        encoding=_encoding(fields),
        nulls=fields.names("nulls", "[NA, '-']") if "nulls" in fields.values else None,
        escape=escape,
        comment=comment,
        decimal=fields.choice("decimal", (",", "."), ""),
        dates=_dates(fields),
    )


def _sign(fields: Fields, name: str) -> str:
    text = fields.text(name)
    if text and len(text) != 1:
        fields.wrong(fields.values[name], name, "one character", '";"', "it is more than one")
        return ""
    return text


def _dates(fields: Fields) -> tuple[str, ...]:
    """Patterns of dates; the engine knows more letters, but zones and weeks tell no day alone."""
    patterns = fields.names("dates", "['%d.%m.%Y']")
    for pattern in patterns:
        used = {part[-1] for part in _PARTS.findall(pattern)}
        if not used <= _KNOWN or not all(used & wanted for wanted in _DAYS):
            fields.wrong(
                fields.values["dates"],
                "dates",
                "patterns with year, month and day in the letters of strftime, without a zone",
                "['%d.%m.%Y', '%d.%m.%Y %H:%M']",
                "one of them lacks a part, or has a letter that tells none",
            )
            return ()
    return patterns


def _encoding(fields: Fields) -> str | None:
    name = fields.text("encoding")
    if not name:
        return None
    try:
        return codecs.lookup(name).name
    except LookupError:
        node = fields.values["encoding"]
        fields.wrong(
            node, "encoding", "the name of a text encoding", "latin-1", "none has that name"
        )
        return None
