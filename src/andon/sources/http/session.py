"""Ask for pages: at the declared rate, with credentials, again after what may mend itself."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from andon.errors import Problem, TaskFailed, Unavailable
from andon.sources.echoes import Echoes
from andon.sources.http import refusals
from andon.sources.http.body import Dropped, Misled, TooLarge
from andon.sources.http.client import Answer, Ask, Client, Inner, NotHttp, Untrusted
from andon.sources.http.credentials import Credentials, named
from andon.sources.http.paging import with_parameters, without_parameter
from andon.sources.http.rate import Bucket
from andon.sources.http.redirects import INNER, Astray, Way, is_same_place
from andon.sources.http.retry import LONGEST_S, RETRIED, retry_after_s, wait_s
from andon.sources.secrets import Secrets
from andon.sources.spellings import parameter
from andon.spec.origin import HttpOrigin, Secret
from andon.spec.source import SourceTable
from andon.version import VERSION


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

    def echo(self, body: bytes) -> str:
        """The name of a secret that requests carry and that a body repeats; empty if there is none.

        To be asked of a body that is blackened.
        """
        settings = (*self._origin.headers, *self._origin.parameters)
        carried = [
            (named(setting), self._secrets.value(setting))
            for _, setting in settings
            if isinstance(setting, Secret)
        ]
        return Echoes((*carried, *self._proof.secrets())).found(body)

    def _get(self, url: str, is_whole: Callable[[Answer], bool]) -> Answer:
        """Follow redirects; what proves who asks goes to the table's own server only."""
        way = Way(url)
        try:
            while True:
                ask = replace(self._ask(way.at), is_outward=way.is_outward)
                answer = self._try(ask, is_whole)
                target = answer.headers.get("location", "")
                if not way.goes_on(answer.status, target, is_inner=answer.is_inner):
                    return answer
        except Astray as astray:
            raise self._fail(refusals.sent_away(self._table, astray.url, astray.reason)) from None

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
            raise Astray(ask.url, INNER) from None
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


def _is_latin(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
