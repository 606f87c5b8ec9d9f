"""`andon source ls`: sources with what they cost, and who has use of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from andon.cli.session import LIST_MOST, Session, global_options
from andon.cli.tables import shortened, table
from andon.cli.text import duration, plural, size, stamp
from andon.cli.usage import last_read

if TYPE_CHECKING:
    from andon.observe.usage import SourceReport, SourceUsage

_HEADER = (
    "source",
    "kind",
    "tables",
    "last arrival",
    "kept",
    "published",
    "runs",
    "landing",
    "building",
    "last read",
    "readers",
)
_RIGHT = (2, 4, 5, 6, 7, 8, 10)


@click.command("ls")
@click.option(
    "--unread",
    type=click.IntRange(min=1, max=100_000),
    metavar="DAYS",
    help="List those only that nobody read for so many days.",
)
@click.option(
    "--days",
    type=click.IntRange(min=1, max=100_000),
    metavar="DAYS",
    help="Count reads, runs and time of so many days [30, or those of --unread].",
)
@global_options
@click.pass_obj
def command(session: Session, unread: int | None, days: int | None) -> int:
    """List sources with the bytes they keep, what their runs cost, and who has use of them.

    A source is read if any of its tables was read, or anything that is built from them. Reads by
    `andon query` and the Python API are counted, in every environment; those of other tools and of
    people who may not write the project are not seen.
    """
    with session.open() as project:
        report = project.sources.use(unread=unread, days=days)
    if session.is_machine:
        session.document("source ls", _record(report))
        return 0
    shown, rest = shortened(report.sources, LIST_MOST, whole=session.verbose)
    if shown:
        session.data(table(_HEADER, [_row(one) for one in shown], right=_RIGHT))
    if rest:
        session.data(rest)
    _tell(session, report)
    return 0


def _row(one: SourceUsage) -> tuple[str, ...]:
    whole = one.whole
    return (
        one.source,
        one.kind,
        str(len(one.tables)),
        stamp(whole.last_arrival) if whole.last_arrival else "never",
        size(whole.bytes.kept),
        size(whole.bytes.table),
        str(len(whole.work.runs)),
        duration(whole.work.landing_s),
        duration(whole.work.building_s),
        last_read(whole.use),
        str(len(whole.use.readers)),
    )


def _tell(session: Session, report: SourceReport) -> None:
    """What the figures are of, and what they cannot know."""
    many = plural(len(report.sources), "source")
    kept = f"{size(report.kept)} of what arrived kept"
    period = f"runs, time and readers of {plural(report.days, 'day')}"
    if report.unread is None:
        session.say(f"{many}, {kept}; {period}")
        return
    unread = plural(report.unread, "day")
    if report.sources:
        session.say(f"{many} unread for {unread}, {kept}; {period}")
        session.say(
            "not seen: reads through views for other tools, and by those who may not write the project"
        )
    else:
        session.say(f"no source is known to be unread for {unread}")
    if report.is_too_early and report.counting_since is not None:
        since = stamp(report.counting_since)
        session.say(f"reads are counted since {since}: it is too early to tell")
    elif report.sources:
        session.next_step(f"andon show {report.sources[0].tables[0][0]}", "what reads it")


def _record(report: SourceReport) -> dict[str, object]:
    from andon.cli.json import source_record

    return {
        "days": report.days,
        "unread": report.unread,
        "counting_since": stamp(report.counting_since) if report.counting_since else None,
        "kept": report.kept,
        "sources": [source_record(one) for one in report.sources],
    }
