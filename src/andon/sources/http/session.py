"""Ask for pages: at the declared rate, with credentials, again after what may mend itself."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from andon.errors import Problem, TaskFailed, Unavailable
from andon.sources.http import refusals
from andon.sources.http.body import Dropped, Misled, TooLarge
from andon.sources.http.client import Answer, Ask, Client, Inner, NotHttp, Untrusted
from andon.sources.http.credentials import Credentials
from andon.sources.http.document import Malformed
from andon.sources.http.paging import joined, with_parameters, without_parameter
from andon.sources.http.rate import Bucket
from andon.sources.http.retry import LONGEST_S, RETRIED, retry_after_s, wait_s
from andon.sources.secrets import Secrets
from andon.sources.spellings import parameter
from andon.spec.origin import HttpOrigin, Secret
from andon.spec.source import SourceTable
from andon.version import VERSION

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5


class Pace(Struct, frozen=True, kw_only=True):
    """Clock, sleep and chance, which tests hold in their hands.

    Attributes:
        base_s: longest wait after a first failure.
    """

    clock: Callable[[], float] = time.monotonic
    today: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep
    roll: Callable[[], float] = random.random
    base_s: float = 0.5


class Session:
    """Requests of one reading of one table.

    Args:
        bucket: shared by all who ask the same server.
    """

    def __init__(
        self, table: SourceTable, origin: HttpOrigin, secrets: Secrets, bucket: Bucket, pace: Pace
    ) -> None:
        self._table, self._origin, self._secrets = table, origin, secrets
        self._bucket, self._pace = bucket, pace
        self._client = Client(
            timeout_s=origin.timeout_s,
            page_timeout_s=origin.page_timeout_s,
            page_bytes=origin.page_bytes,
        )
        self._proof = Credentials(origin.auth, secrets, self._fetch_token, pace.clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def get(self, url: str, is_whole: Callable[[Answer], bool]) -> Answer:
        """The answer at an address, whose server has to be that of the table.

        Args:
            is_whole: whether a body that nobody gave a length of ends as it should.

        Raises:
            TaskFailed: (SRC020, SRC050, SRC051, SRC053, SRC055, SRC056, SRC058).
            Unavailable: (SRC052) all attempts failed.
        """
        if not is_same_place(url, self._origin.url):
            raise self._fail(refusals.sent_away(
                self._table, url, "the next page is on another server than `url`"
            ))  # fmt: skip
        answer = self._get(url, is_whole)
        if answer.status == 401 and self._proof.can_renew:
            self._proof.renew()
            answer = self._get(url, is_whole)
        if answer.status in (401, 403):
            raise self._fail(refusals.not_admitted(
                self._table, url, answer.status, self._proof.words
            ))  # fmt: skip
        if answer.status != 200:
            raise self._fail(refusals.not_served(self._table, url, answer.status))
        return answer

    def hide(self, url: str) -> str:
        """An address without the key that its query carries, to be stored."""
        name = self._proof.parameter
        return without_parameter(url, name) if name else url

    def is_telling(self, text: str) -> bool:
        """Whether a text holds a secret."""
        return self._secrets.scrub(text) != text

    def blacken(self, body: bytes) -> bytes:
        """A body without secrets of the query, which some servers repeat in the addresses of pages."""
        hidden = self._proof.parameters()
        for name, setting in self._origin.parameters:
            if isinstance(setting, Secret):
                hidden[name] = self._secrets.value(setting)
        for name, value in hidden.items():
            if value:
                body = parameter(name, value).sub(rb"\1***", body)
        return body

    def _get(self, url: str, is_whole: Callable[[Answer], bool]) -> Answer:
        """Follow redirects; what proves who asks goes to the table's own server only."""
        at, is_outward = url, False
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._try(replace(self._ask(at), is_outward=is_outward), is_whole)
            is_outward = is_outward or not answer.is_inner
            target = answer.headers.get("location", "")
            if answer.status not in _REDIRECTS or not target:
                return answer
            try:
                aim = joined(at, target)
            except Malformed as malformed:
                raise self._fail(refusals.sent_away(self._table, at, str(malformed))) from None
            if urlsplit(aim).scheme not in ("http", "https"):
                raise self._fail(refusals.sent_away(
                    self._table, at, "it sends to an address that is not http or https"
                ))  # fmt: skip
            if urlsplit(at).scheme == "https" and urlsplit(aim).scheme == "http":
                raise self._fail(refusals.sent_away(
                    self._table, at, "it sends from https to http, where everybody can read along"
                ))  # fmt: skip
            at = aim
        raise self._fail(refusals.sent_away(
            self._table, url, f"it sends on more than {_MOST_REDIRECTS} times"
        ))  # fmt: skip

    def _ask(self, url: str) -> Ask:
        headers = {
            "User-Agent": f"andon/{VERSION}",
            "Accept-Encoding": "gzip",
            "Accept": "application/json, text/csv;q=0.9, */*;q=0.8",
        }
        if is_same_place(url, self._origin.url):
            headers = _over(headers, self._secrets.plain(self._origin.headers))
            headers = _over(headers, self._proof.headers())
            proof = self._proof.parameters()
            for name in proof:
                url = without_parameter(url, name)
            url = with_parameters(url, proof) if proof else url
        for name, value in headers.items():
            if not value.isprintable() or not _is_latin(value):
                raise self._fail(refusals.not_admitted(
                    self._table, url, "nothing", f"the header `{name}`, whose value cannot be sent"
                ))  # fmt: skip
        return Ask(url=url, headers=tuple(headers.items()))

    def _try(self, ask: Ask, is_whole: Callable[[Answer], bool] | None = None) -> Answer:
        """Send until an answer comes that will not be another one a moment later."""
        failures = 0
        while True:
            self._pause(self._bucket.take(self._pace.clock()))
            asked_s = None
            answer, reason = self._send(ask)
            if answer is not None and answer.status in RETRIED:
                reason = f"it answers {answer.status}"
                asked_s = retry_after_s(answer.headers.get("retry-after", ""), self._pace.today())
            elif answer is not None and answer.status == 200:
                if answer.is_delimited or is_whole is None or is_whole(answer):
                    return answer
                reason = "the answer is cut off"
            elif answer is not None:
                return answer
            failures += 1
            if failures >= self._origin.attempts or (asked_s or 0.0) > LONGEST_S:
                raise self._fail(refusals.no_answer(
                    self._table, ask.url, failures, reason, asked_s
                ), may_mend=True)  # fmt: skip
            self._pause(wait_s(failures, self._pace.base_s, self._pace.roll(), asked_s))

    def _send(self, ask: Ask) -> tuple[Answer | None, str]:
        """An answer, or None and why there is none that may mend itself."""
        try:
            return self._client.send(ask), ""
        except Dropped as dropped:
            return None, str(dropped)
        except TooLarge:
            most = self._origin.page_bytes
            raise self._fail(refusals.too_large(self._table, ask.url, most)) from None
        except Misled as misled:
            raise self._fail(refusals.no_records(self._table, ask.url, str(misled))) from None
        except NotHttp as other:
            reason = f"it is no HTTP ({other})"
            raise self._fail(refusals.no_records(self._table, ask.url, reason)) from None
        except Inner:
            raise self._fail(refusals.sent_away(
                self._table, ask.url, "a server outside sends there, and it is of an inner network"
            )) from None  # fmt: skip
        except Untrusted as untrusted:
            reason = str(untrusted)
            raise self._fail(refusals.not_trusted(self._table, ask.url, reason)) from None

    def _fetch_token(self, ask: Ask) -> Answer:
        answer = self._try(ask)
        if answer.status != 200:
            raise self._fail(refusals.not_admitted(
                self._table, ask.url, answer.status,
                f"the request for a token: {self._proof.words}",
            ))  # fmt: skip
        return answer

    def _pause(self, seconds: float) -> None:
        if seconds > 0:
            self._pace.sleep(seconds)

    def _fail(self, problem: Problem, *, may_mend: bool = False) -> TaskFailed | Unavailable:
        clean = replace(problem, what=self._secrets.scrub(problem.what))
        return Unavailable(clean) if may_mend else TaskFailed(clean)


def _over(headers: dict[str, str], others: dict[str, str]) -> dict[str, str]:
    """Headers with others in place of those of the same name, in whatever case."""
    names = {name.lower() for name in others}
    return {name: text for name, text in headers.items() if name.lower() not in names} | others


def is_same_place(url: str, other: str) -> bool:
    """Whether two addresses are of the same scheme, host and port."""
    return _place(url) == _place(other)


def _place(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), port


_PORTS = {"http": 80, "https": 443}


def _is_latin(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
