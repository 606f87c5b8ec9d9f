"""The pages of one reading: each is kept as it came before anybody looks into it."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO

from msgspec import Struct

from andon.errors import TaskFailed
from andon.ports.table_store import TableStore
from andon.sources.http import refusals
from andon.sources.http.client import Answer
from andon.sources.http.document import (
    Malformed,
    Text,
    dig,
    elements,
    is_index,
    is_null,
    kind,
    plain,
    scalar,
)
from andon.sources.http.forms import form_of, is_page_for_people, named_type
from andon.sources.http.paging import Seen, Step, address, next_step
from andon.sources.http.session import Session
from andon.spec.origin import HttpOrigin
from andon.spec.source import Format, SourceTable


class Page(Struct, frozen=True, kw_only=True):
    """A page that is kept.

    Attributes:
        step: how it was asked for; behind: the page behind it, None at the end.
        kept: SHA-256 and length of its bytes; form: their format.
        records: of JSON, the text of each record; of other formats None.
        total: number of records that the server promises, if it is asked for.
    """

    step: Step
    behind: Step | None
    kept: tuple[str, int]
    form: Format
    records: tuple[Text, ...] | None
    total: int | None = None


class Pages:
    """Asks for the pages of a table, one after another.

    Args:
        parameters: of every request, those of the cursor among them.
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
        self._fetched = 0

    def walk(self, start: Step) -> Iterator[Page]:
        """All pages from one on.

        Raises:
            TaskFailed: (SRC054) a page is asked for again, or comes again.
        """
        asked: set[Step] = set()
        came: set[bytes] = set()
        step: Step | None = start
        while step is not None:
            if step in asked:
                raise self._refuse_circle(step, "a page names one that was read before as the next")
            asked.add(step)
            page = self.fetch(step)
            mark = _mark(page)
            if mark in came:
                raise self._refuse_circle(
                    step, "a page has the records of one that was read before"
                )
            if mark:
                came.add(mark)
            yield page
            step = page.behind

    def fetch(self, step: Step) -> Page:
        """One page, durable on return.

        Raises:
            TaskFailed: (SRC053) it is not what was declared; (SRC073) it repeats a secret; see
                `Session.get` for others.
        """
        self._fetched += 1
        url = address(self._origin.url, self._origin.paging, step, self._parameters)
        answer = self._session.get(url, self._is_whole)
        body = self._session.blacken(answer.body)
        if secret := self._session.echo(body):
            raise TaskFailed(refusals.telling(self._table, url, self._fetched, secret))
        kept = self._store.land(BytesIO(body))
        header = answer.headers.get("content-type", "")
        if is_page_for_people(header, body):
            raise self._refuse(url, "it is an HTML page, made for people")
        form = form_of(self._table.format, header, body)
        if form is None:
            said = named_type(header)
            raise self._refuse(url, f"its content type is {said}, and no `format` is declared")
        try:
            return self._look(step, answer, body, kept, form)
        except Malformed as malformed:
            raise self._refuse(url, str(malformed)) from None

    def _look(
        self, step: Step, answer: Answer, body: bytes, kept: tuple[str, int], form: Format
    ) -> Page:
        document = plain(body) if form == "json" else None
        records = records_in(body, form, self._table.records)
        # The address is taken before secrets are blackened: it is asked for, and never stored so.
        seen = Seen(
            url=answer.url,
            link=answer.headers.get("link", ""),
            records=len(records) if records is not None else int(bool(body.strip())),
            document=None if document is None else plain(answer.body),
        )
        promised = None
        if self._origin.total and document is not None:
            found = scalar(dig(document, self._origin.total))
            promised = found if isinstance(found, int) else None
        return Page(
            step=step,
            behind=next_step(self._origin.paging, step, seen),
            kept=kept,
            form=form,
            records=records,
            total=promised,
        )

    def _is_whole(self, answer: Answer) -> bool:
        """Whether a JSON document whose length nobody told ends as it began."""
        body = plain(answer.body).strip()
        ends = {b"{": b"}", b"[": b"]"}
        return bool(body) and body[-1:] == ends.get(body[:1], body[-1:])

    def _refuse(self, url: str, reason: str) -> TaskFailed:
        return TaskFailed(refusals.no_records(self._table, url, reason))

    def _refuse_circle(self, step: Step, reason: str) -> TaskFailed:
        url = address(self._origin.url, self._origin.paging, step, {})
        return TaskFailed(refusals.circle(self._table, url, reason))


def records_in(body: bytes, form: Format, path: str) -> tuple[Text, ...] | None:
    """Records of a page in the order in which the reader numbers them; None if it is no JSON.

    Raises:
        Malformed: it is no JSON, or there is nothing at the path.
    """
    body = plain(body)
    if form == "json":
        return records_of(body, path)
    if form == "jsonl":
        lines = tuple(line for line in body.split(b"\n") if line.strip())
        return tuple(one for line in lines for one in records_of(line, path)) if path else lines
    return None


def records_of(document: bytes, path: str) -> tuple[Text, ...]:
    """Records of a document: the list at a path, or without a path the document or its list.

    A list on the way is gone through; a single object at the path is one record. Null is an empty
    page: some languages write an empty list so.

    >>> [bytes(one) for one in records_of(b'{"a": [{"b": [1]}, {"b": null}, {"b": [2, 3]}]}', "a.b")]
    [b'1', b'2', b'3']

    Raises:
        Malformed: it is no JSON, or there is nothing at the path.
    """
    found: list[Text] = [document]
    for name in path.split(".") if path else ():
        found = [inner for outer in found for inner in _inside(outer, name, path)]
    records: list[Text] = []
    for value in found:
        match kind(value):
            case "list":
                records.extend(elements(value))
            case "object":
                dig(value, "-")  # judges the whole document
                records.append(value)
            case _ if path and is_null(value):
                pass
            case _:
                at = f"what is at `{path}`" if path else "it"
                raise Malformed(f"{at} is neither a list nor an object")
    return tuple(records)


def _inside(value: Text, name: str, path: str) -> list[Text]:
    if kind(value) == "list" and not is_index(name):
        return [inner for item in elements(value) for inner in _inside(item, name, path)]
    if is_null(value):
        return []
    found = dig(value, name)
    if found is None:
        raise Malformed(f"it has no `{path}`")
    return [found]


def _mark(page: Page) -> bytes:
    """Hash of the records of a page, empty where there are none."""
    if page.records is None:
        return bytes.fromhex(page.kept[0]) if page.kept[1] else b""
    if not page.records:
        return b""
    digest = sha256()
    for record in page.records:
        digest.update(bytes(record))
        digest.update(b"\n")
    return digest.digest()
