"""Pages of an HTTP API as an origin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from andon.acquisition.cursors import sequence
from andon.acquisition.deliveries.arrivals import Arrivals
from andon.acquisition.deliveries.choose import Load
from andon.catalog.records import Delivery
from andon.errors import Problem, TaskFailed, Unavailable
from andon.ports.origin import Batch
from andon.ports.table_store import TableStore
from andon.sources.http import refusals
from andon.sources.http.behind import Behind, Namer
from andon.sources.http.pages import Page, Pages
from andon.sources.http.paging import first_step
from andon.sources.http.rate import Bucket
from andon.sources.http.session import Pace, Session
from andon.sources.secrets import Secrets
from andon.spec.format import format_of
from andon.spec.origin import HttpOrigin
from andon.spec.source import SourceTable


class HttpApi:
    """Implements the port `Origin` for HTTP APIs.

    A page is landed byte for byte, after transfer and content decoding: chunks and compression are
    of the way, not of the document. Only a key that was sent in the query and comes back in an
    address of the body is blackened; a page that repeats a secret otherwise is not landed.

    Args:
        root: folder of the project, to which files of secrets are relative.
        store: keeps the bytes.
    """

    def __init__(self, root: Path, store: TableStore, pace: Pace | None = None) -> None:
        self._root, self._store = root, store
        self._pace = pace or Pace()
        self._buckets: dict[tuple[str, float | None], Bucket] = {}

    def look(
        self,
        table: SourceTable,
        known: Sequence[Delivery],
        last_run: datetime | None,  # noqa: ARG002
    ) -> Arrivals:
        """Say what would be asked for; sends nothing."""
        origin = _origin(table)
        what = (
            "for what is new since the last time" if origin.mode != "full" and known else "for all"
        )
        base = "" if origin.base is None else f"{{{origin.base.via}: {origin.base.name}}}"
        asks = f"asks {base}{refusals.shown(origin.url)} {what}"
        return Arrivals(table=table.name, is_open=True, asks=asks)

    def land(
        self,
        table: SourceTable,
        arrivals: Arrivals,  # noqa: ARG002  (only asking tells)
        known: Sequence[Delivery],
        run_id: str,
        now: datetime,
        most_rows: int | None = None,
    ) -> Iterator[Batch]:
        """Keep pages durable; see the port.

        A full reading is one batch at its end, or none if nothing changed: pages of a reading that
        was broken off are read again. Otherwise each page is a batch, and reading goes on behind
        the last one recorded.
        """
        secrets = Secrets(self._root)
        origin = _placed(_origin(table), secrets)
        bucket = self._buckets.setdefault(
            (urlsplit(origin.url).netloc, origin.rate), Bucket(origin.rate)
        )
        try:
            with Session(table, origin, secrets, bucket, self._pace) as session:
                parameters = secrets.plain(origin.parameters)
                if origin.mode == "full":
                    pages = Pages(table, origin, session, self._store, parameters)
                    whole = self._whole(table, origin, pages, run_id, now, most_rows)
                    batch = replace(whole, deliveries=sequence.with_known(whole.deliveries, known))
                    if {one.id for one in batch.deliveries} != {one.id for one in known}:
                        yield batch
                    return
                behind = Behind(table, origin, session, self._store, parameters)
                taken = 0
                for page, part in behind.parts(known, _namer(table, run_id, now)):
                    yield Batch(deliveries=(part,))
                    taken += len(page.records or ())
                    if most_rows is not None and taken >= most_rows:
                        return
        except (TaskFailed, Unavailable) as error:
            raise type(error)(
                *(_scrubbed(problem, secrets) for problem in error.problems)
            ) from None

    def close(self) -> None:
        """Nothing is held open."""

    def restore(self, table: SourceTable, load: Load) -> bool:  # noqa: ARG002
        """A page cannot be asked for twice: what it held then is not what it holds now."""
        return False

    def _whole(
        self,
        table: SourceTable,
        origin: HttpOrigin,
        pages: Pages,
        run_id: str,
        now: datetime,
        most_rows: int | None,
    ) -> Batch:
        """All pages, numbered from 1 each time, so that a page that did not change stays what it was.

        Pages without records are no parts, unless there are no others.
        """
        name = _namer(table, run_id, now)
        parts: list[Delivery] = []
        empty: Page | None = None
        came, promised = 0, None
        for page in pages.walk(first_step(origin.paging)):
            if page.records == ():
                empty = page
            else:
                parts.append(name(page, len(parts) + 1, "", ""))
            came += len(page.records or ())
            promised = page.total if page.total is not None else promised
            if most_rows is not None and came >= most_rows:
                break
        else:
            if origin.total and promised is None:
                raise TaskFailed(
                    refusals.no_records(table, origin.url, f"it has no number at `{origin.total}`")
                )
            if promised is not None and promised != came:
                raise Unavailable(refusals.other_total(table, origin.url, promised, came))
        if not parts and empty is not None:
            parts = [name(empty, 1, "", "")]
        return Batch(deliveries=tuple(parts), is_whole=True)


def _origin(table: SourceTable) -> HttpOrigin:
    if not isinstance(table.origin, HttpOrigin):
        raise TypeError(f"{table.name} is not read over HTTP")
    return table.origin


def _placed(origin: HttpOrigin, secrets: Secrets) -> HttpOrigin:
    """The same with its whole address, which no record may hold."""
    if origin.base is None:
        return origin
    return replace(origin, url=secrets.server(origin.base) + origin.url, base=None)


def _namer(table: SourceTable, run_id: str, now: datetime) -> Namer:
    """Makes records of pages; the name of a page tells its format where none is declared."""
    path = unquote(urlsplit(_origin(table).url).path).strip("/") or table.name

    def name(page: Page, number: int, position: str, repeats: str) -> Delivery:
        is_told = table.format is not None or format_of(path) == page.form
        shown = path if is_told else f"{path}.{page.form}"
        return sequence.part(
            table, shown, number, page.kept, run_id, now, position=position, repeats=repeats
        )

    return name


def _scrubbed(problem: Problem, secrets: Secrets) -> Problem:
    return replace(problem, what=secrets.scrub(problem.what))
