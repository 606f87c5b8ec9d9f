"""`andon source push`: keep documents from standard input or a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from andon.cli.session import ReaderGone, Session, global_options
from andon.cli.text import plural, size

if TYPE_CHECKING:
    from andon.app.sourcing.push import Kept


@click.command("push")
@click.argument("name")
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--megabytes",
    type=click.IntRange(min=1, max=1024),
    default=8,
    show_default=True,
    metavar="N",
    help="Size at which a chunk is kept.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0.1, max=3600),
    default=5.0,
    show_default=True,
    metavar="N",
    help="Age at which a chunk is kept.",
)
@global_options
@click.pass_obj
def command(session: Session, name: str, file: Path | None, megabytes: int, seconds: float) -> int:
    """Keep JSON documents, one a line, from standard input or FILE; `andon run` reads them.

    NAME is a table of a source with `connection: {kind: push}`. After each chunk a line says what is
    kept by then: that much is safe whatever happens. A broken line is kept too, and counted at once if
    it does not begin as an object does; the next run sets it aside with its reason. Ctrl-C ends the stream and keeps what was read.
    """
    teller = _Teller(session)
    with session.open() as project:
        from andon.cli.signals import stoppable

        with stoppable(project, lambda _: session.say("keeping what was read")) as stopping:
            stream = file.open("rb", buffering=0) if file else sys.stdin.buffer
            with stream:
                kept = project.sources.push(
                    name,
                    stream.fileno(),
                    most_bytes=megabytes << 20,
                    longest_s=seconds,
                    stopping=stopping.event,
                    tell=teller,
                )
    session.exit_code = stopping.exit_code
    teller.end(kept)
    return stopping.exit_code


class _Teller:
    """Tells what is kept; nobody has to listen."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._is_heard = True

    def __call__(self, kept: Kept) -> None:
        """After each chunk, at once."""
        session = self._session
        if session.json or not self._is_heard:
            return
        try:
            if session.jsonl:
                session.document("source push", {"event": "kept", **_record(kept)})
            else:
                session.data(f"kept {_words(kept)}")
            session.flush()
        except ReaderGone:
            self._is_heard = False

    def end(self, kept: Kept) -> None:
        """At the end of the stream."""
        session = self._session
        if session.is_machine:
            session.document("source push", _record(kept))
            return
        if not kept.parts:
            session.data("kept nothing: nothing came")
        else:
            session.next_step(f"andon run {kept.table}", "reads them")


def _words(kept: Kept) -> str:
    told = f"{plural(kept.documents, 'document')}, {size(kept.bytes)}"
    if not kept.broken:
        return told
    are = "1 is no JSON object" if kept.broken == 1 else f"{kept.broken:,} are no JSON objects"
    return f"{told}; {are}, and a run sets such aside"


def _record(kept: Kept) -> dict[str, object]:
    return {
        "table": kept.table,
        "documents": kept.documents,
        "broken": kept.broken,
        "bytes": kept.bytes,
        "parts": kept.parts,
    }
