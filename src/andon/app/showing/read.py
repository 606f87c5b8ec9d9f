"""Read: the one door for queries. Pointers are resolved once, so a query sees one publication."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from msgspec import Struct

from andon.app.holding.hold import held
from andon.app.holding.permit import require
from andon.app.holding.rejected import base_of, rejected
from andon.app.preparing.prepare import declared
from andon.app.showing.views import Result
from andon.catalog.records import Snapshot
from andon.errors import Problem, ProjectInvalid, UsageError
from andon.execution.guard import second_reading
from andon.execution.line import Scans, Tools
from andon.names import did_you_mean
from andon.ports.engine import Scalar
from andon.spec.project import ProjectSpec
from andon.sql.bind import bind
from andon.sql.body import SqlBody
from andon.sql.opaque import read_opaque
from andon.sql.parse import NotParsed
from andon.sql.read import read_sql

Moment = str | int | datetime | None
"""A publication number, a time (ISO text or datetime), or None for now."""


class Bound(Struct, frozen=True, kw_only=True):
    """A query whose tables are exact snapshots."""

    sql: str
    snapshots: tuple[Snapshot, ...]


def served(tools: Tools, environment: str, as_of: Moment = None) -> Mapping[str, Snapshot]:
    """Asset -> snapshot as readers of that moment see them.

    Raises:
        UsageError: (APP004) not a number or time; (CAT005) beyond the horizon, which it names.
    """
    if as_of is None:
        state = tools.catalog.state(environment)
        return {name: state.snapshots[p.snapshot_id] for name, p in state.pointers.items()}
    return tools.catalog.state_at(environment, publication_number(tools, environment, as_of))


def publication_number(tools: Tools, environment: str, as_of: str | int | datetime) -> int:
    """Number of the publication that a moment means."""
    if isinstance(as_of, int):
        return as_of
    if isinstance(as_of, str) and as_of.lstrip("#").isdigit():
        return int(as_of.lstrip("#"))
    try:
        moment = as_of if isinstance(as_of, datetime) else datetime.fromisoformat(as_of)
    except ValueError as error:
        raise UsageError(
            Problem(
                code="APP004",
                what=f"`{as_of}` is neither a publication number nor a time",
                why="a moment is a number as `andon history` shows it, or an ISO time in UTC",
                fix="write for example `--as-of 12` or `--as-of 2026-01-31T08:00`",
            )
        ) from error
    aware = moment.replace(tzinfo=moment.tzinfo or UTC)
    number = tools.catalog.publication_at(environment, aware)
    if not number:
        raise UsageError(
            Problem(
                code="CAT005",
                what=f"nothing was published in `{environment}` by {aware.isoformat()}",
                why="a moment shows the newest publication at or before it",
                fix="choose a later time, or a number from `andon history`",
            )
        )
    return number


@contextmanager
def bound(
    tools: Tools, spec: ProjectSpec, environment: str, sql: str, as_of: Moment = None
) -> Iterator[Bound]:
    """A query over published assets, its snapshots pinned while the context is open.

    Raises:
        ProjectInvalid: (SQL...) not one select, or it reads the outside.
        UsageError: (APP002) unknown asset; (APP003) it was never published, with the reason.
        Denied: (POL001) a rule refuses some of the tables; all of these are named.
    """
    body = _parse(tools, sql)

    def choose(sight: Mapping[str, Snapshot]) -> tuple[Snapshot, ...]:
        found = tuple(_resolve(tools, spec, sight, name) for name in body.reads)
        require(tools, spec, (base_of(name) or name for name in body.reads))
        return found

    # Whoever looks at rejected rows mends the table, and has no use of it by that.
    read = [name for name in body.reads if not base_of(name)]
    with held(tools, lambda: served(tools, environment, as_of), choose, read) as snapshots:
        scans = Scans(tools)
        tables = {
            name: rejected(tools, snapshot) if base_of(name) else scans.of(snapshot)
            for name, snapshot in zip(body.reads, snapshots, strict=True)
        }
        text = bind(body, tables, tools.clock.now())
        yield Bound(sql=text, snapshots=snapshots)


def query(
    tools: Tools,
    spec: ProjectSpec,
    environment: str,
    sql: str,
    *,
    parameters: Mapping[str, Scalar] | None = None,
    as_of: Moment = None,
    limit: int | None = None,
) -> Result:
    """Rows of a query over published assets; at most `limit` of them."""
    with bound(tools, spec, environment, sql, as_of) as ready:
        engine = tools.engine()
        values = dict(parameters or {})
        schema = engine.describe(ready.sql, values)
        text = ready.sql
        if limit is not None:
            text = f"select * from (\n{text}\n) limit {limit + 1}"
        rows = engine.rows(text, values)
    is_cut = limit is not None and len(rows) > limit
    return Result(
        columns=schema.names,
        types=tuple(column.type for column in schema.columns),
        rows=tuple(rows[:limit] if is_cut else rows),
        is_cut=is_cut,
    )


def _parse(tools: Tools, sql: str) -> SqlBody:
    try:
        body, problems = read_sql(sql, 0, "query", seeded=True)
    except NotParsed:
        found = tools.engine().reader.parse_references(sql)
        body, problems = read_opaque(sql, 0, "query", found)
    errors = tuple(p for p in problems if p.severity == "error")
    if errors:
        raise ProjectInvalid(*errors)
    reading = second_reading(tools.engine().reader, body, "query")
    if reading.refused:
        raise ProjectInvalid(*reading.refused)
    return body


def _resolve(tools: Tools, spec: ProjectSpec, sight: Mapping[str, Snapshot], name: str) -> Snapshot:
    name = base_of(name) or name
    if name in sight:
        return sight[name]
    known = declared(spec)
    if name in known:
        raise never_published(tools, name)
    raise UsageError(
        Problem(
            code="APP002",
            what=f"nothing named `{name}` is published",
            why="queries read published assets by their dotted name",
            fix=did_you_mean(name, {*known, *sight}, "see all names with `andon ls`"),
        )
    )


def never_published(tools: Tools, name: str) -> UsageError:
    """Why a declared asset has nothing to read."""
    found = tools.catalog.snapshots(name)
    if any(snapshot.status == "accepted" for snapshot in found):
        return UsageError(
            Problem(
                code="APP003",
                what=f"`{name}` is not published any more",
                why="it was published once, and a rollback took it back",
                fix="see `andon history`; `andon rollback --release` allows the build again",
            )
        )
    newest = next(iter(found), None)
    why = "it has not been built yet"
    fix = "run `andon run`"
    if newest is not None:
        failed = [
            r for a in tools.catalog.audits(newest.id) for r in a.results if r.verdict == "fail"
        ]
        fix = f"see `andon show {name} --failing`"
        if failed:
            why = f"its only build failed: check `{failed[0].label}`, {failed[0].observed}"
        elif newest.status == "rejected":
            why = "more of its records were rejected than its limit allows, so none were loaded"
            fix = f"look at them with `andon quarantine show {name}`"
        else:
            why = "it was built, but what it belongs to was held"
    return UsageError(
        Problem(code="APP003", what=f"`{name}` has never been published", why=why, fix=fix)
    )
