"""HTTP APIs as an origin: address and credentials in `connection`, paging and cursor per table."""

from __future__ import annotations

from typing import Final, cast, get_args

from andon.project.fields import Fields, unseen
from andon.project.origins.http_auth import read_auth
from andon.project.origins.http_pages import read_paging
from andon.project.origins.kind import OriginKind
from andon.project.origins.settings import read_mapping_of_settings, read_setting
from andon.project.yaml import MapNode, ScalarNode
from andon.spec.origin import Auth, HttpOrigin, Mode, Paging, Secret, Setting
from andon.spec.quantity import bytes_of, lag_of, rate_of
from andon.spec.server import address_fault

_CURSOR: Final = ("field", "param", "start", "lag")
_DEFAULTS: Final = HttpOrigin(url="")


class _Cursor:
    """Keys of `cursor`; empty where nothing is written."""

    def __init__(self, table: Fields) -> None:
        self.field = self.param = self.start = ""
        self.lag_s: float | None = None
        node = table.mapping("cursor", '{field: updated_at, param: since, start: "2020-01-01"}')
        if node is None:
            return
        keys = Fields(table.file, table.findings, node, _CURSOR, "`cursor`")
        self.field, self.param = keys.text("field"), keys.text("param")
        start = keys.values.get("start")
        value = start.value if isinstance(start, ScalarNode) else None
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            self.start = str(value)
        elif start is not None:
            keys.wrong(start, "start", "a text or a number", '"2020-01-01"')
        self.lag_s = keys.quantity("lag", lag_of, "write for example `5 minutes`, or a number")
        for name in ("field", "param"):
            if name not in keys.values:
                refuse(keys, "", f"`cursor` has no `{name}`", "`field` is where a record holds the "
                       "cursor, `param` the parameter that asks for what is newer",
                       f"write `{name}: {'updated_at' if name == 'field' else 'since'}`")  # fmt: skip


def read(table: Fields, connection: Fields | None) -> HttpOrigin | None:
    """The pages of a table; None if something is wrong, which is noted."""
    if connection is None:
        return None
    before = len(table.findings.problems)
    base = read_setting(connection, "url") if "url" in connection.values else None
    url = _address(table, connection, base)
    auth = read_auth(connection)
    parameters = read_mapping_of_settings(table, "params", "{state: all}")
    headers = read_mapping_of_settings(connection, "headers", "{X-Tenant: shop}")
    paging = read_paging(table)
    cursor = _Cursor(table)
    mode = cast("Mode", table.choice("mode", get_args(Mode), "full"))
    _contradictions(table, mode, paging)
    _refuse_clashes(connection, table, auth, dict(headers), dict(parameters))
    rate = connection.quantity("rate", rate_of, "write for example `10/s` or `5000/h`")
    timeout_s = connection.seconds("timeout")
    page_timeout_s = connection.seconds("page_timeout")
    page_bytes = connection.quantity("page_limit", bytes_of, "write for example `64 MB`")
    attempts = connection.count("attempts")
    if attempts == 0:
        connection.wrong(connection.values["attempts"], "attempts", "a whole number from 1", "5")
    total = table.text("total")
    if len(table.findings.problems) > before:
        return None
    return HttpOrigin(
        url=url,
        auth=auth,
        paging=paging,
        parameters=parameters,
        headers=headers,
        mode=mode,
        cursor=cursor.field,
        cursor_parameter=cursor.param,
        cursor_start=cursor.start,
        lag_s=cursor.lag_s,
        total=total,
        rate=rate,
        attempts=_DEFAULTS.attempts if attempts is None else attempts,
        timeout_s=timeout_s or _DEFAULTS.timeout_s,
        page_timeout_s=page_timeout_s or _DEFAULTS.page_timeout_s,
        page_bytes=page_bytes or _DEFAULTS.page_bytes,
        base=base if isinstance(base, Secret) else None,
    )


def _address(table: Fields, connection: Fields, base: Setting | None) -> str:
    """Address of a table: `url` of the connection, then `path`; of a reference the path alone."""
    path = table.text("path")
    if "url" not in connection.values:
        connection.findings.add(
            "PRJ042",
            connection.where(""),
            what="the connection has no `url`",
            why="it is where the API answers",
            fix="write `url: https://api.example.com/v2`",
        )
        return ""
    written = base if isinstance(base, str) else ""
    reason = address_fault(written) if isinstance(base, str) else ""
    if reason:
        connection.findings.add(
            "PRJ042",
            unseen(connection.where("url")),
            what=f"`url` is no address of an API: {reason}",
            why="it begins with https:// or http:// and names a server; users, passwords and "
            "parameters have places of their own, where they are kept out of texts",
            fix="write `url: https://api.example.com/v2`, and the rest into `auth` and `params`",
        )
    if any(sign in path for sign in "?#\\") or "://" in path or not path.isprintable():
        table.findings.add(
            "PRJ042",
            table.where("path"),
            what="`path` is more than a path",
            why="it is joined to `url` of the connection; parameters are sent as `params`",
            fix="write `path: /issues` and `params: {state: all}`",
        )
    return written.rstrip("/") + ("/" + path.lstrip("/") if path else "")


def _contradictions(table: Fields, mode: Mode, paging: Paging) -> None:
    """Note keys of a table that cannot stand beside each other (PRJ041)."""
    values = table.values
    if mode == "full" and "cursor" in values:
        refuse(table, "cursor", "`cursor` means nothing in `mode: full`",
               "a full reading asks for everything each time",
               "write `mode: append` or `mode: merge`, or take `cursor` out")  # fmt: skip
    if mode != "full" and "cursor" not in values:
        refuse(table, "mode", f"`mode: {mode}` has no `cursor`",
               "without one nobody knows what is new",
               "write `cursor: {field: updated_at, param: since}`")  # fmt: skip
    if mode == "merge" and "key" not in values:
        refuse(table, "mode", "`mode: merge` has no `key`",
               "a later record replaces the earlier one of its key",
               "write `key: id`, or `mode: append` to keep every version")  # fmt: skip
    if mode != "full" and "total" in values:
        refuse(table, "total", f"`total` means nothing in `mode: {mode}`",
               "it is compared with all records of a full reading", "take `total` out")  # fmt: skip
    form = values.get("format")
    word = form.value if isinstance(form, ScalarNode) else None
    if word is None or word == "json":
        return
    looked_into: list[str] = ["total"] if "total" in values else []
    if paging.where or paging.more:
        looked_into.append("pages")
    if word != "jsonl" and "cursor" in values:
        looked_into.append("cursor")
    if word not in ("json", "jsonl") and paging.by == "offset":
        looked_into.append("pages")
    for name in looked_into:
        refuse(table, name, f"`{name}` looks into a JSON document, and the format is `{word}`",
               "only in JSON there is something to look into",
               f"take `{name}` out, or correct `format`")  # fmt: skip


def _refuse_clashes(
    connection: Fields,
    table: Fields,
    auth: Auth,
    headers: dict[str, Setting],
    parameters: dict[str, Setting],
) -> None:
    """Note what is sent twice, and credentials that are written out as a header."""
    node = connection.values.get("headers")
    for name, _, value in node if isinstance(node, MapNode) else ():
        if not name or not set(name) <= _HEADER_SIGNS:
            connection.wrong(value, "headers", "names of headers with values", "{X-Tenant: shop}")
        elif name.lower() in ("authorization", "proxy-authorization", "cookie"):
            refuse(connection, "headers", f"the header `{name}` proves who asks",
                   "what proves who asks is kept out of texts, and sent to this server only",
                   "write `auth: {bearer: {env: NAME}}`, or another kind of `auth`")  # fmt: skip
    settings = dict(auth.settings)
    if auth.by != "key":
        return
    name = str(settings.get("name", ""))
    if settings.get("in") == "query" and name in parameters:
        refuse(table, "params", f"`{name}` is sent by `auth` and by `params`",
               "one of the two would be lost", "take it out of `params`")  # fmt: skip
    if settings.get("in") != "query" and name.lower() in {word.lower() for word in headers}:
        refuse(connection, "headers", f"`{name}` is sent by `auth` and by `headers`",
               "one of the two would be lost", "take it out of `headers`")  # fmt: skip


_HEADER_SIGNS: Final = frozenset(
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)


def refuse(fields: Fields, name: str, what: str, why: str, fix: str) -> None:
    """Note keys that contradict each other (PRJ041)."""
    where = fields.where(name)
    if name == "headers":
        where = unseen(where)
    fields.findings.add("PRJ041", where, what=what, why=why, fix=fix)


HTTP: Final = OriginKind(
    connection_keys=(
        "url",
        "auth",
        "headers",
        "rate",
        "timeout",
        "page_timeout",
        "attempts",
        "page_limit",
    ),
    table_keys=("path", "format", "params", "pages", "mode", "cursor", "total"),
    read=read,
    has_dialect=True,
)
