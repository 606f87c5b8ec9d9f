"""`andon show`: everything about one asset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from andon.cli.selecting import complete_asset
from andon.cli.session import LIST_MOST, Session, global_options
from andon.cli.tables import WIDEST, shortened, table
from andon.cli.text import duration, listed, number, plural, rows, size, stamp
from andon.cli.usage import usage_facts

if TYPE_CHECKING:
    from andon.app.showing.views import AssetView, FailingRows
    from andon.catalog.records import CheckResult, Snapshot
    from andon.events import SchemaChanged


@click.command()
@click.argument("name", shell_complete=complete_asset)
@click.option("--failing", is_flag=True, help="Show rows that fail checks or were set aside.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Most rows per check with --failing.",
)
@click.option("--as-of", metavar="WHEN", help="Publication number, or a time (ISO 8601).")
@global_options
@click.pass_obj
def command(session: Session, name: str, failing: bool, limit: int, as_of: str | None) -> int:
    """Show one asset: what it is, what it is served from, its columns and checks.

    If its newest candidate was rejected, that is shown too; --failing shows the rows behind it.
    """
    if failing:
        return _show_failing(session, name, limit)
    when = int(as_of) if as_of and as_of.isdecimal() else as_of
    with session.open() as project:
        view = project.show(name, when)
    if session.is_machine:
        session.document("show", _record(view))
        return 0
    session.data(_lines(view, whole=session.verbose))
    if any(result.failing for result in (*view.candidate_checks, *view.checks)):
        session.next_step(f"andon show {name} --failing", "the rows behind it")
    elif view.snapshot is None:
        session.next_step(f"andon run +{name}")
    else:
        session.next_step(f"andon query 'select * from {name} limit 10'")
    return 0


def _lines(view: AssetView, *, whole: bool) -> Iterator[str]:
    yield f"{view.name}  {view.kind}, {view.status}"
    if view.description:
        yield f"  {view.description}"
    yield from table(["", ""], [pair for pair in _facts(view) if pair[1]], widest=None, indent="  ")
    if view.snapshot is not None:
        shown, rest = shortened(_columns(view, view.snapshot), LIST_MOST, whole=whole)
        yield from ["", "columns"]
        yield from table(["", "", ""], shown, widest=None, indent="  ")
        if rest:
            yield f"  {rest}"
    if view.schema_change is not None:
        yield from _changed(view.schema_change)
    if view.checks:
        yield from ["", "checks"]
        yield from _checks(view.checks)
    elif view.declared:
        yield from ["", "checks, not judged yet"]
        yield from (f"  {label}" for label in view.declared)
    if view.candidate is not None:
        yield from ["", f"not published: {view.candidate.status} {_state(view.candidate)}"]
        yield from _checks([r for r in view.candidate_checks if r.verdict != "pass"])


def _changed(event: SchemaChanged) -> Iterator[str]:
    from andon.acquisition.columns.changes import told

    yield from ["", f"last change of columns, usable {duration(event.seconds)} after it arrived"]
    for change in event.changes:
        yield f"  {told(change)}{' (breaking)' if change.is_breaking else ''}"


def _columns(view: AssetView, snapshot: Snapshot) -> list[tuple[str, str, str]]:
    """Name, type, and what is declared about each column."""
    notes = {
        name.casefold(): ", ".join(text for _, text in kept) for name, kept in view.column_notes
    }
    return [(c.name, c.type, notes.get(c.name.casefold(), "")) for c in snapshot.schema.columns]


def _facts(view: AssetView) -> list[tuple[str, str]]:
    served = ""
    if view.snapshot is not None:
        served = _state(view.snapshot)
    publication = ""
    if view.publication is not None:
        publication = f"{view.publication.number}, {stamp(view.publication.at)}"
    return [
        ("file", view.path),
        ("owner", view.owner),
        ("tags", listed(view.tags)),
        ("key", listed(view.key)),
        ("reads", listed(view.reads, 20)),
        ("read by", listed(view.read_by, 20)),
        *view.facts,
        *(usage_facts(view.usage) if view.usage else ()),
        ("served", served),
        ("publication", publication),
    ]


def _state(snapshot: Snapshot) -> str:
    parts = [] if snapshot.kind == "view" else [rows(snapshot.rows)]
    held = sum(file.bytes for file in snapshot.data_files)
    if held:
        parts.append(size(held))
    if snapshot.set_aside:
        parts.append(f"{number(snapshot.set_aside)} set aside")
    parts.append(f"built {stamp(snapshot.created_at)}")
    return ", ".join(parts)


def _checks(results: Sequence[CheckResult]) -> Iterator[str]:
    body = [(result.verdict, result.label, result.observed) for result in results]
    return table(["", "", ""], body, indent="  ")


def _show_failing(session: Session, name: str, limit: int) -> int:
    with session.open() as project:
        found = project.failing(name, limit)
    if session.is_machine:
        session.document(
            "show", {"asset": name, "failing": [_failing_record(group) for group in found]}
        )
        return 0
    if not found:
        session.say(f"no failing rows are kept for {name}")
        session.next_step(f"andon show {name}")
        return 0
    for index, group in enumerate(found):
        if index:
            session.data("")
        shown = f", {number(len(group.rows))} of them below" if group.rows else ""
        state = "published" if group.is_served else "not published"
        session.data(f"{group.check}: {plural(group.failing, 'row')} failed{shown} ({state})")
        if group.rows:
            widest = None if session.verbose else WIDEST
            session.data(table(group.columns, group.rows, widest=widest, indent="  "))
    session.next_step("andon run", "once the data or the check is mended")
    return 0


def _failing_record(group: FailingRows) -> dict[str, Any]:
    return {
        "check": group.check,
        "snapshot": group.snapshot_id,
        "served": group.is_served,
        "failing": group.failing,
        "columns": group.columns,
        "rows": group.rows,
    }


def _record(view: AssetView) -> dict[str, Any]:
    from andon.cli.json import (
        check_record,
        publication_record,
        schema_change_record,
        snapshot_record,
        usage_record,
    )

    return {
        "asset": view.name,
        "kind": view.kind,
        "path": view.path,
        "status": view.status,
        "description": view.description,
        "owner": view.owner,
        "tags": view.tags,
        "key": view.key,
        "reads": view.reads,
        "read_by": view.read_by,
        "declared_checks": view.declared,
        "snapshot": snapshot_record(view.snapshot),
        "publication": publication_record(view.publication),
        "checks": [check_record(result) for result in view.checks],
        "candidate": snapshot_record(view.candidate),
        "candidate_checks": [check_record(result) for result in view.candidate_checks],
        "column_notes": {name: dict(notes) for name, notes in view.column_notes},
        "facts": dict(view.facts),
        "schema_change": schema_change_record(view.schema_change) if view.schema_change else None,
        "usage": usage_record(view.usage) if view.usage else None,
    }
