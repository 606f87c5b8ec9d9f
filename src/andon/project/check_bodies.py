"""Checks with the queries and conditions that they name filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from msgspec.structs import replace

from andon.errors import Where
from andon.project.meaning import expectation, reached
from andon.project.parts import Parts
from andon.project.unknown import Unknown
from andon.spec.asset import AssetSpec
from andon.spec.check import Check, Expect, Reconcile, Relationship, SqlCheck
from andon.spec.project import Scalar
from andon.spec.source import SourceTable
from andon.sql.body import SqlBody
from andon.sql.quote import literal

Owner = TypeVar("Owner", AssetSpec, SourceTable)


def with_bodies(owner: Owner, parts: Parts, unknown: Unknown) -> Owner:
    """An asset or raw table with its checks filled in; itself where nothing is to be filled."""
    if not owner.checks:
        return owner
    variant = owner.variant if isinstance(owner, AssetSpec) else ()
    values = {**parts.values, **dict(variant)}
    checks = tuple([_filled(owner.name, check, values, parts, unknown) for check in owner.checks])
    is_same = all(new is old for new, old in zip(checks, owner.checks, strict=True))
    return owner if is_same else replace(owner, checks=checks)


def _filled(
    owner: str, check: Check, values: Mapping[str, Scalar], parts: Parts, unknown: Unknown
) -> Check:
    match check:
        case Relationship() | Reconcile() if not unknown.is_known(check.to_asset):
            unknown.refuse_target(owner, check, check.to_asset, check.where)
            return check
        case Expect():
            filled, missing = expectation(check, values, parts.macros)
            for name in missing:
                where = check.where or Where(path="andon.toml")
                unknown.refuse_parameter(owner, name, parts.parameters, where)
            return filled
        case SqlCheck():
            body = parts.check_queries.get(check.path)
            if body is not None:
                return _with_query(owner, check, body, values, parts, unknown)
            if check.path not in parts.files:
                unknown.refuse_file(check)
            return check
        case _:
            return check


def _with_query(
    owner: str,
    check: SqlCheck,
    body: SqlBody,
    values: Mapping[str, Scalar],
    parts: Parts,
    unknown: Unknown,
) -> SqlCheck:
    file = parts.files[check.path]
    for table in body.tables:
        if not unknown.is_known(table.name):
            where = file.where_span(table.span)
            unknown.refuse_target(owner, check, table.name, where)
    for name in body.parameters:
        if name not in values:
            where = file.where_of(f"${name}", body.start)
            unknown.refuse_parameter(owner, name, parts.parameters, where)
    return replace(
        check,
        sql=body.text[body.start :],
        reads=body.reads,
        body=body,
        parameters=tuple((n, literal(values[n])) for n in body.parameters if n in values),
        macros=reached(body.functions, parts.macros),
    )
