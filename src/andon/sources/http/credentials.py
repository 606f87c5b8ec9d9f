"""How requests prove who asks; tokens are fetched, kept until they expire, and renewed once."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from urllib.parse import quote_plus, urlencode

import msgspec

from andon.errors import Problem, TaskFailed
from andon.sources.http.client import Answer, Ask
from andon.sources.secrets import Secrets
from andon.spec.origin import Auth, Secret, Setting

_EARLY_S = 30.0
"""A token is renewed before it expires, so that it holds until the server has looked at it."""

_FOREVER_S = 3600.0
"""How long a token is kept whose server does not say."""

_SECRET = ("token", "password", "value", "client_secret")
"""Settings that prove who asks; a user, a client or an address may be a reference too."""

_LONGEST_S = 1e9
"""No token is meant to hold for thirty years."""


class Credentials:
    """Headers and parameters for one origin, during one reading.

    Args:
        fetch: sends the request for a token and gives a good answer.
        now: seconds of a clock that only goes forward.
    """

    def __init__(
        self, auth: Auth, secrets: Secrets, fetch: Callable[[Ask], Answer], now: Callable[[], float]
    ) -> None:
        self._auth, self._secrets, self._fetch, self._now = auth, secrets, fetch, now
        self._settings = dict(auth.settings)
        self._token = self._pair = ""
        self._expires_at = 0.0

    @property
    def words(self) -> str:
        """With what is asked, as people know it: names of secrets, never their values."""
        match self._auth.by:
            case "none":
                return "a request without `auth`"
            case "bearer":
                return f"a bearer token from {named(self._settings['token'])}"
            case "basic":
                return f"user and password, the password from {named(self._settings['password'])}"
            case "key":
                return f"the key `{self._settings['name']}` from {named(self._settings['value'])}"
            case "oauth2":
                return (
                    "a token for the client whose secret is from "
                    f"{named(self._settings['client_secret'])}"
                )

    @property
    def parameter(self) -> str:
        """Name of the query parameter that carries the key; empty if none does."""
        is_query = self._auth.by == "key" and self._settings.get("in") == "query"
        return str(self._settings["name"]) if is_query else ""

    @property
    def can_renew(self) -> bool:
        """Whether a refusal may mean that a token has expired."""
        return self._auth.by == "oauth2"

    def renew(self) -> None:
        """Forget the token, so that the next request fetches another one."""
        self._token = ""

    def headers(self) -> dict[str, str]:
        """Headers that prove who asks.

        Raises:
            TaskFailed: (SRC020) a secret is not there.
        """
        match self._auth.by:
            case "bearer":
                return {"Authorization": f"Bearer {self._value('token')}"}
            case "basic":
                pair = f"{self._value('user')}:{self._value('password')}"
                return {"Authorization": f"Basic {self._packed(pair)}"}
            case "key" if not self.parameter:
                return {self._value("name"): self._value("value")}
            case "oauth2":
                return {"Authorization": f"Bearer {self._kept_token()}"}
            case _:
                return {}

    def parameters(self) -> dict[str, str]:
        """Query parameters that prove who asks."""
        return {self.parameter: self._value("value")} if self.parameter else {}

    def secrets(self) -> Iterator[tuple[str, str]]:
        """What is told to nobody, each by its name: the secrets, and what was made or fetched with them."""
        for name in _SECRET:
            setting = self._settings.get(name)
            if isinstance(setting, Secret):
                yield named(setting), self._secrets.value(setting)
        yield "the token that was fetched", self._token
        yield "user and password", self._pair

    def _value(self, name: str) -> str:
        return self._secrets.value(self._settings.get(name, ""))

    def _packed(self, pair: str) -> str:
        self._pair = b64encode(pair.encode()).decode()
        self._secrets.hide(self._pair)
        return self._pair

    def _kept_token(self) -> str:
        if not self._token or self._now() >= self._expires_at:
            self._token, lifetime_s = self._fetch_token()
            self._expires_at = self._now() + lifetime_s
        return self._token

    def _fetch_token(self) -> tuple[str, float]:
        """A new token and the seconds it may be used (RFC 6749, 4.4)."""
        client, secret = self._value("client_id"), self._value("client_secret")
        form = {"grant_type": "client_credentials"}
        if scope := self._value("scope"):
            form["scope"] = scope
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        if self._settings.get("in") == "body":
            form |= {"client_id": client, "client_secret": secret}
        else:
            pair = f"{quote_plus(client)}:{quote_plus(secret)}"
            headers["Authorization"] = f"Basic {self._packed(pair)}"
        ask = Ask(
            url=self._value("token_url"), headers=tuple(headers.items()), body=urlencode(form)
        )
        answer = self._fetch(ask)
        try:
            found = msgspec.json.decode(answer.body, type=dict[str, object])
        except (msgspec.MsgspecError, ValueError, RecursionError):
            found = {}
        token, lifetime = found.get("access_token"), found.get("expires_in")
        if not isinstance(token, str) or not token.isprintable() or not token:
            raise TaskFailed(_no_token(ask.url))
        self._secrets.hide(token)
        lasts_s = _seconds(lifetime)
        return token, lasts_s - min(_EARLY_S, lasts_s / 2)


def _seconds(lifetime: object) -> float:
    """How long a token holds; what is no number of seconds that can be meant says nothing.

    >>> [_seconds(told) for told in (60, "60", 0, -5, 10**400, True, [1], "soon", None)]
    [60.0, 60.0, 0.0, 3600.0, 3600.0, 3600.0, 3600.0, 3600.0, 3600.0]
    """
    if isinstance(lifetime, bool) or not isinstance(lifetime, int | float | str):
        return _FOREVER_S
    try:
        found = float(lifetime)
    except (OverflowError, ValueError):
        return _FOREVER_S
    return found if 0 <= found < _LONGEST_S else _FOREVER_S


def named(setting: Setting) -> str:
    """A setting as people know it: where a secret is, never its value."""
    if not isinstance(setting, Secret):
        return "the source's file"
    words = {"env": "the environment variable", "file": "the file", "keyring": "the keyring entry"}
    return f"{words[setting.via]} `{setting.name}`"


def _no_token(url: str) -> Problem:
    from andon.sources.http.refusals import shown

    return Problem(
        code="SRC050",
        what=f"`{shown(url)}` gives no `access_token`",
        why="a token of client credentials is a JSON object with `access_token`",
        fix="look at `token_url` of `auth`",
    )
