"""Read what is behind the cursor, and go on where a reading was broken off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

from msgspec.structs import replace

from andon.acquisition.cursors import sequence
from andon.acquisition.deliveries.repeats import numbers_text, spans_of
from andon.catalog.records import Delivery
from andon.errors import TaskFailed
from andon.ports.table_store import TableStore
from andon.sources.http import refusals
from andon.sources.http.arrived import Arrived, Landed, identity_of
from andon.sources.http.document import Malformed, Text
from andon.sources.http.lag import earlier
from andon.sources.http.pages import Page, Pages, records_in
from andon.sources.http.paging import Step, first_step
from andon.sources.http.progress import (
    Mark,
    Progress,
    Unordered,
    decode,
    encode,
    mark_of,
    newest_of,
)
from andon.sources.http.session import Session
from andon.spec.format import format_of
from andon.spec.origin import HttpOrigin
from andon.spec.source import SourceTable

_RECENT = 200_000
"""Records of one reading that are remembered by their key: some 30 MB."""


class Namer(Protocol):
    """Makes the record of a page."""

    def __call__(self, page: Page, number: int, position: str, repeats: str, /) -> Delivery: ...


class Behind:
    """One reading in mode append or merge.

    The boundary is inclusive: records as new as the newest one, or so much older as the lag says, are
    asked for again, because more of them may have come since. Of mode append those that arrived
    before are left out, by their numbers in the delivery: the page stays as it came, and reading it
    stays a function of the deliveries. In mode merge the key sees to it.
    """

    def __init__(
        self,
        table: SourceTable,
        origin: HttpOrigin,
        session: Session,
        store: TableStore,
        parameters: dict[str, str],
    ) -> None:
        self._table, self._origin = table, origin
        self._session, self._store = session, store
        self._parameters = parameters
        # Of a key the newest state is wanted in mode merge, so all of a record counts there.
        is_keyed = origin.mode == "append" and bool(table.key)
        self._fields = (*table.key, origin.cursor) if is_keyed else ()
        self._is_set = is_keyed or origin.mode == "merge"

    def parts(self, known: Sequence[Delivery], name: Namer) -> Iterator[tuple[Page, Delivery]]:
        """Pages with something new, each with its record.

        A page without anything new is left out, so that asking in vain leaves nothing behind; only
        the end of a reading that took something is recorded in any case.

        Args:
            known: deliveries in force.
        """
        known = sorted(known, key=lambda one: one.number)
        last = decode(sequence.position(known))
        number = sequence.next_number(known)
        went_on = None if last is None else self._go_on(known, last)
        if went_on is not None and last is not None:
            pages, arrived, begins, since = *went_on, last.begins, last.since
        else:
            since = self._start() if last is None else self._since(last)
            begins = number
            pages = self._pages(since).walk(first_step(self._origin.paging))
            arrived = self._arrived(known)
        newest = last.newest if last is not None else None
        is_exact = True
        for at, page in enumerate(pages, start=1):
            marks, identities = self._judge(page, at)
            repeats, newest = self._compare(arrived, newest, marks, identities)
            is_over = page.behind is None
            is_end = is_over and (number > begins or not known)
            if len(repeats) == len(identities) and not is_end:
                is_exact = is_exact and not identities
                continue
            step = self._stored(page.step)
            progress = Progress(
                since=since,
                newest=newest,
                high=newest_of(marks),
                begins=begins,
                is_over=is_over,
                step=step or Step(),
                is_exact=is_exact and step is not None,
            )
            left_out = numbers_text(repeats) if self._origin.mode == "append" else ""
            yield page, name(page, number, encode(progress), left_out)
            number += 1

    def _go_on(
        self, known: Sequence[Delivery], last: Progress
    ) -> tuple[Iterator[Page], Arrived] | None:
        """The pages behind the last one recorded, if the reading was broken off and that page is
        still what it was; otherwise it begins anew, since pages may have moved."""
        if last.is_over or not last.is_exact:
            return None
        pages = self._pages(last.since)
        try:
            page = pages.fetch(last.step)
        except TaskFailed as failure:
            # A token or address of a page may have expired.
            if failure.code != "SRC051":
                raise
            return None
        newest = max(known, key=lambda one: one.number)
        if self._identities(page.records or ()) != self._identities(self._records(newest)):
            return None
        before = [one for one in known if one.number < last.begins]
        arrived = self._arrived(before)
        for one in known:
            if one.number >= last.begins:
                self._pass_over(arrived, one)
        rest = iter(()) if page.behind is None else pages.walk(page.behind)
        return rest, arrived

    def _pass_over(self, arrived: Arrived, one: Delivery) -> None:
        """Count the records of a page that is not asked for again."""
        identities, left_out = self._identities(self._records(one)), spans_of(one.repeats)
        arrived.add(identities)
        arrived.take(
            identity
            for number, identity in enumerate(identities, start=1)
            if any(low <= number <= high for low, high in left_out)
        )

    def _pages(self, since: Mark | None) -> Pages:
        added = {} if since is None else {self._origin.cursor_parameter: since.text}
        parameters = {**self._parameters, **added}
        return Pages(self._table, self._origin, self._session, self._store, parameters)

    def _start(self) -> Mark | None:
        return Mark(text=self._origin.cursor_start) if self._origin.cursor_start else None

    def _since(self, last: Progress) -> Mark | None:
        """Where to begin anew: the lag below the newest, if the last reading came to its end."""
        if not last.is_over or last.newest is None or not self._origin.lag_s:
            return last.next_since
        try:
            return earlier(last.newest, self._origin.lag_s, self._origin.cursor_start)
        except Unordered as reason:
            raise TaskFailed(refusals.no_cursor(self._table, str(reason))) from None

    def _stored(self, step: Step) -> Step | None:
        """A step as it is kept in the catalog: without host and secrets; None if it needs one."""
        parts = urlsplit(self._session.hide(step.url))
        url = urlunsplit(("", "", parts.path, parts.query, ""))
        if self._session.is_telling(url) or self._session.is_telling(step.cursor):
            return None
        return replace(step, url=url)

    def _judge(self, page: Page, at: int) -> tuple[list[Mark], list[bytes]]:
        """Cursor and identity of each record of a page; `at` is its number in this reading."""
        if page.records is None:
            raise TaskFailed(
                refusals.no_cursor(self._table, f"it is read as {page.form}, not as JSON")
            )
        try:
            marks = [
                self._mark(record, f"record {number:,} of page {at:,}")
                for number, record in enumerate(page.records, start=1)
            ]
            if self._origin.lag_s and marks:
                earlier(marks[0], self._origin.lag_s)  # is refused now, not at the next reading
            return marks, self._identities(page.records)
        except Unordered as reason:
            raise TaskFailed(refusals.no_cursor(self._table, str(reason))) from None
        except Malformed as reason:
            raise TaskFailed(
                refusals.no_records(self._table, self._origin.url, str(reason))
            ) from None

    def _mark(self, record: Text, name: str) -> Mark:
        try:
            return mark_of(record, self._origin.cursor)
        except Unordered as reason:
            raise Unordered(f"{name} of this reading {reason}") from None

    def _compare(
        self, arrived: Arrived, newest: Mark | None, marks: Sequence[Mark], identities: list[bytes]
    ) -> tuple[tuple[int, ...], Mark | None]:
        """Numbers of the records that arrived before, and the newest cursor with this page."""
        try:
            return arrived.repeats(marks, identities), newest_of([newest, *marks])
        except Unordered as reason:
            raise TaskFailed(refusals.no_cursor(self._table, str(reason))) from None

    def _arrived(self, known: Sequence[Delivery]) -> Arrived:
        recent = _RECENT if self._fields else 0
        parts = [self._landed(one) for one in known]
        return Arrived(parts, is_set=self._is_set, recent=recent)

    def _landed(self, one: Delivery) -> Landed:
        def rows() -> list[bytes]:
            left_out = spans_of(one.repeats)
            return [
                identity
                for number, identity in enumerate(self._identities(self._records(one)), start=1)
                if not any(low <= number <= high for low, high in left_out)
            ]

        progress = decode(one.position)
        return Landed(high=None if progress is None else progress.high, identities=rows)

    def _identities(self, records: Sequence[Text]) -> list[bytes]:
        return [identity_of(record, self._fields) for record in records]

    def _records(self, one: Delivery) -> tuple[Text, ...]:
        """Records of a page that was landed.

        Raises:
            DataCorrupt: (STO003) its bytes are missing.
        """
        self._store.landed(one.content, rows=0)
        form = self._table.format or format_of(one.path) or "json"
        body = self._store.raw(one.content).read_bytes()
        return records_in(body, form, self._table.records) or ()
