"""`andon search`: find datasets by words, and columns by values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from andon.cli.session import LIST_MOST, Session, global_options
from andon.cli.tables import shortened, table
from andon.cli.text import listed, number, plural, rows, short_number

if TYPE_CHECKING:
    from andon.app.showing.search import Answer, Found
    from andon.app.showing.search_values import ValueAnswer
    from andon.discovery.rank import Match

_HEADER = ("dataset", "kind", "found by", "owner", "reads", "description")
_NAMES_SHOWN = 3


@click.command()
@click.argument("words", nargs=-1)
@click.option("--value", metavar="VALUE", help="Look in the data for this value.")
@click.option(
    "--values",
    metavar="PATTERN",
    help="Look in the data for values that match, such as 'DE[0-9]{20}'.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    metavar="N",
    help="Most datasets that words find.",
)
@click.option(
    "--rows",
    "most_rows",
    type=click.IntRange(min=0),
    default=1_000_000,
    metavar="N",
    help="Rows of a table to look for values in; 0 is all [1,000,000].",
)
@click.option(
    "--seconds",
    type=click.IntRange(min=1),
    default=30,
    show_default=True,
    metavar="N",
    help="Begin no further table after so long.",
)
@global_options
@click.pass_obj
def command(
    session: Session,
    words: tuple[str, ...],
    value: str | None,
    values: str | None,
    limit: int,
    most_rows: int,
    seconds: int,
) -> int:
    """Find datasets by WORDS of names, columns, descriptions, owners, tags and the glossary.

    Word parts, plurals, synonyms of the glossary and slips of the keyboard count too. A word may say
    where it has to stand: name:, folder:, term:, column:, owner:, tag: or text:, as owner:sales. The
    best comes first, by the words, then by trust and use.

    With --value or --values it is the rows of published tables that are looked through: all of them,
    or those that WORDS find. What was not looked at is told.
    """
    if value is not None and values is not None:
        raise click.UsageError("--value and --values exclude each other")
    sought = values if value is None else value
    if sought is None and not words:
        raise click.UsageError("say what to look for: WORDS, --value or --values")
    text = " ".join(words)
    with session.open() as project:
        if sought is not None:
            return _look(
                session,
                project.search_values(
                    sought,
                    is_pattern=value is None,
                    words=text,
                    most_rows=most_rows,
                    most_seconds=seconds,
                ),
            )
        answer = project.search(text, limit)
    if session.is_machine:
        session.document("search", _record(answer))
        return 0
    if answer.found:
        session.data(table(_HEADER, [_row(one) for one in answer.found], right=(4,)))
        more = answer.total - len(answer.found)
        if more:
            session.say(f"{number(more)} more; --limit {answer.total} shows all")
        best = next((one for one in answer.found if one.kind != "source"), None)
        if best is not None:
            session.next_step(f"andon show {best.name}")
    else:
        session.say(f"none of {plural(answer.datasets, 'dataset')} has any of these words")
    return 0


def _row(one: Found) -> tuple[str, ...]:
    kind = one.kind if one.is_served else f"{one.kind}, not published"
    return (
        one.name,
        kind,
        listed(list(dict.fromkeys(_why(match) for match in one.matches)), _NAMES_SHOWN),
        one.owner,
        short_number(one.reads),
        one.description,
    )


def _why(match: Match) -> str:
    words = "_".join(match.words)
    return match.field if words == match.typed else f"{match.field} ({words})"


def _look(session: Session, answer: ValueAnswer) -> int:
    if session.is_machine:
        session.document("search", _value_record(answer))
        return 0
    if answer.found:
        lines = [(one.table, one.column, one.rows, one.looked_at) for one in answer.found]
        shown, rest = shortened(lines, LIST_MOST, whole=session.verbose)
        session.data(table(("table", "column", "rows", "looked at"), shown))
        if rest:
            session.data(rest)
    else:
        session.say("found nowhere in what was looked at")
    out = (
        f"; {plural(answer.ruled_out, 'column')} ruled out by statistics"
        if answer.ruled_out
        else ""
    )
    session.say(
        f"looked at {plural(answer.columns, 'column')} of {plural(answer.tables, 'table')},"
        f" {rows(answer.rows)}{out}"
    )
    by_reason: dict[str, list[str]] = {}
    for one in answer.left_out:
        by_reason.setdefault(one.why, []).append(one.table)
    for why, names in by_reason.items():
        session.say(f"not looked at: {listed(names)}: {why}")
    return 0


def _record(answer: Answer) -> dict[str, object]:
    return {
        "total": answer.total,
        "datasets": answer.datasets,
        "found": [
            {
                "dataset": one.name,
                "kind": one.kind,
                "published": one.is_served,
                "description": one.description,
                "owner": one.owner,
                "reads": one.reads,
                "score": round(one.score, 4),
                "text": round(one.text, 4),
                "trust": round(one.trust, 4),
                "use": round(one.use, 4),
                "columns": list(one.columns),
                "matches": [
                    {"typed": m.typed, "field": m.field, "words": list(m.words)}
                    for m in one.matches
                ],
            }
            for one in answer.found
        ],
    }


def _value_record(answer: ValueAnswer) -> dict[str, object]:
    return {
        "found": [
            {
                "table": one.table,
                "column": one.column,
                "rows": one.rows,
                "looked_at": one.looked_at,
            }
            for one in answer.found
        ],
        "tables": answer.tables,
        "columns": answer.columns,
        "rows": answer.rows,
        "ruled_out": answer.ruled_out,
        "left_out": [{"table": one.table, "why": one.why} for one in answer.left_out],
    }
