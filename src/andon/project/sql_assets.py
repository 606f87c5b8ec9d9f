"""SQL assets: an optional YAML header and one query."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct

from andon.errors import Problem
from andon.names import AssetName, asset_name_of
from andon.project.asset_keys import COMMON, SQL_ONLY, read_declared
from andon.project.fields import Fields, read_mapping, where_of
from andon.project.header_columns import refuse_unknown
from andon.project.slicing_keys import read_slicing
from andon.project.text import Findings, TextFile
from andon.project.variants import read_variants
from andon.project.yaml import MapNode
from andon.spec.asset import AssetSpec
from andon.sql.body import SqlBody
from andon.sql.lex import end_of_comment

if TYPE_CHECKING:
    from andon.sql.parse import NotParsed

Fallback = Callable[[str], Sequence[tuple[str, int, int]]]

_LEADING = re.compile(r"\ufeff?\s*(?=/\*\s*andon(?=[\s*:]))")
_OPENING = re.compile(r"/\*\s*andon:?")
_MISPLACED = re.compile(r"^[ \t]*/\*[ \t]*andon[ \t:]*$", re.MULTILINE)


class _Header(Struct, frozen=True):
    """The keys, None if they cannot be read, and where the query starts, -1 if it has no start."""

    node: MapNode | None
    end: int


def read_sql_asset(
    file: TextFile, findings: Findings, fallback: Fallback | None, *, seeded: bool = False
) -> tuple[AssetSpec, ...]:
    """The asset of a file under ``assets/``, or one per entry of its `for:`; none if it is wrong."""
    header = _read_header(file, findings)
    if header.end < 0:
        return ()
    body, warnings = read_body(file, header.end, findings, fallback, seeded=seeded)
    if header.node is None:
        return ()
    fields = Fields(file, findings, header.node, (*COMMON, *SQL_ONLY), "a SQL asset")
    before = len(findings.problems)
    kind = fields.choice("materialize", ("table", "view", "incremental"), "table")
    is_view = kind == "view"
    declared = read_declared(fields, is_view=is_view)
    slicing = read_slicing(fields, kind, declared.key)
    if body is not None and len(findings.problems) == before:
        refuse_unknown(fields, body.columns)
    name = asset_name_of(PurePosixPath(file.path).relative_to("assets"))
    every_s, retries = fields.seconds("every"), fields.count("retries")
    variants = read_variants(fields, name)
    if is_view and body is not None and not body.tables:
        _refuse_empty_view(file, findings, fields, name)
    if body is None or len(findings.problems) > before:
        return ()
    return tuple(
        AssetSpec(
            name=AssetName(variant.name),
            path=file.path,
            body=body,
            materialize="view" if is_view else "incremental" if slicing else "table",
            slicing=slicing,
            description=declared.description,
            owner=declared.owner,
            tags=declared.tags,
            key=declared.key,
            columns=declared.columns,
            column_notes=declared.notes,
            checks=declared.checks,
            limit=declared.limit,
            together=declared.together,
            every_s=every_s,
            retries=retries,
            variant=variant.values,
            warnings=warnings,
        )
        for variant in variants
    )


def read_body(
    file: TextFile,
    start: int,
    findings: Findings,
    fallback: Fallback | None,
    *,
    seeded: bool = False,
) -> tuple[SqlBody | None, tuple[Problem, ...]]:
    """The parsed query and its warnings; errors are noted (PRJ010 if nothing can parse it)."""
    from andon.sql.parse import NotParsed
    from andon.sql.read import read_sql

    if not file.text[start:].strip():
        findings.add(
            "PRJ010",
            file.where_at(start),
            what="the file holds no query",
            why="a SQL asset is one `select`",
            fix="write the query below the header, or delete the file",
        )
        return None, ()
    try:
        body, problems = read_sql(file.text, start, file.path, seeded=seeded)
    except NotParsed as error:
        return _read_opaque(file, start, findings, fallback, error, seeded=seeded)
    findings.problems.extend(p for p in problems if p.severity == "error")
    return body, tuple(p for p in problems if p.severity == "warning")


def _read_opaque(
    file: TextFile,
    start: int,
    findings: Findings,
    fallback: Fallback | None,
    error: NotParsed,
    *,
    seeded: bool,
) -> tuple[SqlBody | None, tuple[Problem, ...]]:
    from andon.errors import AndonError
    from andon.sql.opaque import read_opaque

    references: Sequence[tuple[str, int, int]] | None = None
    if fallback is not None:
        try:
            references = fallback(file.text[start:])
        except AndonError:
            references = None  # the engine refuses it too; the parser's place is told below
    if references is not None:
        body, problems = read_opaque(file.text, start, file.path, references, seeded=seeded)
        findings.problems.extend(p for p in problems if p.severity == "error")
        return body, tuple(p for p in problems if p.severity == "warning")
    findings.add(
        "PRJ010",
        file.where(error.line, error.column),
        what=f"this is not valid SQL: {error.reason}",
        why="what an asset reads comes from its query, so it must be understood",
        fix="correct the query; it is DuckDB's dialect, one `select` per file, no `ref()`, no Jinja",
    )
    return None, ()


def _read_header(file: TextFile, findings: Findings) -> _Header:
    leading = _LEADING.match(file.text)
    if leading is None:
        misplaced = _MISPLACED.search(file.text)
        if misplaced:
            findings.add(
                "PRJ016",
                file.where_at(misplaced.start(), len(misplaced[0])),
                what="the header must be the first thing in the file",
                why="a header further down would be taken for a plain comment",
                fix="move the `/* andon` comment to the top",
            )
        return _Header(MapNode((), 1, 1), 0)
    opening = _OPENING.match(file.text, leading.end())
    assert opening is not None  # the look-ahead of _LEADING found it
    end = end_of_comment(file.text, leading.end())
    if not file.text.endswith("*/", 0, end):
        findings.add(
            "PRJ016",
            file.where_at(leading.end(), len(opening[0])),
            what="the header is not closed",
            why="everything behind it is a comment, so there is no query",
            fix="write `*/` below the last key",
        )
        return _Header(None, -1)
    inside = file.text[opening.end() : end - 2]
    at = file.where_at(opening.end())
    node = read_mapping(file, findings, inside, line=at.line or 1, column=at.column or 1)
    return _Header(node, end)


def _refuse_empty_view(file: TextFile, findings: Findings, fields: Fields, name: str) -> None:
    findings.add(
        "PRJ015",
        where_of(file, fields.values["materialize"]),
        what=f"view `{name}` reads nothing",
        why="a view is a bound query over other assets; its identity is that of its inputs",
        fix="use `materialize: table`",
    )
