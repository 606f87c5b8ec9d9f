"""Where the rows of a raw table come from: one record per kind of outside system."""

from __future__ import annotations

from typing import Literal, assert_never

from msgspec import Struct

Mode = Literal["full", "append", "merge"]
"""full: all rows are read each time and replace the former. append: rows behind the cursor are
added. merge: rows behind the cursor replace those of the same key."""

DatabaseKind = Literal["postgres", "mysql", "sqlite", "duckdb"]


class Secret(Struct, frozen=True, kw_only=True):
    """A secret by reference; only the reference is ever stored, hashed or shown.

    Attributes:
        via: ``env`` a variable, ``file`` the content of a file without its final line end,
            ``keyring`` an entry ``service/user`` of the system's keyring.
        name: name of the variable, path of the file, or the entry.
    """

    via: Literal["env", "file", "keyring"]
    name: str


Setting = str | Secret
"""A value of a connection: as it stands, or a secret."""

Settings = tuple[tuple[str, Setting], ...]


class FilesOrigin(Struct, frozen=True, kw_only=True, tag=True):
    """Files by path, glob or address.

    Attributes:
        paths: paths or globs, relative to the project, or addresses such as ``s3://shop/in/*.csv``.
        settings: how a remote file system is reached.
        grows: whether files are written to continuously: what was appended is landed by itself.
    """

    paths: tuple[str, ...]
    settings: Settings = ()
    grows: bool = False


class DatabaseOrigin(Struct, frozen=True, kw_only=True, tag=True):
    """A table or query of a database.

    Attributes:
        kind: which database.
        settings: host, port, database, user, password and so on, or one `url`.
        relation: table with its schema as the database spells it; empty where there is a query.
        query: one select; empty where there is a relation.
        mode: how rows combine with those read before.
        cursor: column that grows with every new or changed row; for append and merge.
        lag_s: seconds below the newest cursor value that are read again, for late commits; of a
            cursor that is a number, units of it. None where nothing was declared.
        deletes: whether keys that are gone are looked for and their rows taken out.
        chunk_rows: rows kept durable at a time.
    """

    kind: DatabaseKind
    settings: Settings = ()
    relation: str = ""
    query: str = ""
    mode: Mode = "full"
    cursor: str = ""
    lag_s: float | None = None
    deletes: bool = False
    chunk_rows: int = 1_000_000


class Paging(Struct, frozen=True, kw_only=True):
    """How the next page of an HTTP answer is found.

    Attributes:
        by: ``one`` there is one page; ``link`` header; ``cursor`` in the body; ``next`` address in
            the body; ``page`` number; ``offset`` of rows.
        where: dotted path in the body where the cursor or next address stands.
        more: dotted path in the body of what tells whether there is another page; empty where the
            page itself tells it.
        parameter: query parameter that carries cursor, page or offset.
        size_parameter, size: parameter and number of rows per page.
        first: number of the first page.
    """

    by: Literal["one", "link", "cursor", "next", "page", "offset"] = "one"
    where: str = ""
    more: str = ""
    parameter: str = ""
    size_parameter: str = ""
    size: int | None = None
    first: int = 1


class Auth(Struct, frozen=True, kw_only=True):
    """How an HTTP request proves who asks.

    Attributes:
        by: ``basic`` (user, password), ``bearer`` (token), ``key`` (`in` ``header`` or ``query``,
            `name` carries `value`), ``oauth2`` (client credentials: token_url, client_id,
            client_secret, scope, and `in`: sent in the ``header`` or the ``body``).
        settings: the values.
    """

    by: Literal["none", "basic", "bearer", "key", "oauth2"] = "none"
    settings: Settings = ()


class HttpOrigin(Struct, frozen=True, kw_only=True, tag=True):
    """Pages of an HTTP API; each page is landed byte for byte.

    Attributes:
        url: address of the table, http or https; of a `base` that is a reference only the path below.
        base: address that `url` is below, where it is not written out.
        parameters, headers: sent with every request.
        cursor: dotted path of the cursor in a record; cursor_parameter: what carries the newest
            value; cursor_start: its first value, empty asks for everything.
        lag_s: as of a database; None where nothing was declared.
        total: dotted path of the number of records that the answer promises; empty is unknown.
        rate: most requests per second, None is without a limit.
        attempts: tries per page; timeout_s: seconds without a sign of life that count as a failure;
            page_timeout_s: seconds for all of one answer, so that one that drips has an end.
        page_bytes: largest page taken, decoded.
    """

    url: str
    auth: Auth = Auth()
    paging: Paging = Paging()
    parameters: Settings = ()
    headers: Settings = ()
    mode: Mode = "full"
    cursor: str = ""
    cursor_parameter: str = ""
    cursor_start: str = ""
    lag_s: float | None = None
    total: str = ""
    rate: float | None = None
    attempts: int = 5
    timeout_s: float = 30.0
    page_timeout_s: float = 300.0
    page_bytes: int = 256 << 20
    base: Secret | None = None


class PythonOrigin(Struct, frozen=True, kw_only=True, tag=True):
    """A Python generator of dicts, Arrow batches or data frames, or a dlt resource.

    Attributes:
        path: file relative to the project; function: name in it.
        resource: of several dlt resources the one that is read; empty where there is one.
        mode: as of a database; append without a cursor adds all that is yielded.
        cursor: dotted path of the cursor in a row.
        is_ordered: whether rows come in order of the cursor, so that reading that was interrupted goes
            on from the last one instead of from where it began.
        settings: secrets and settings handed to the function by name; takes_cursor: whether it takes
            the cursor too.
        timeout_s: longest time without anything yielded; None is that of the project.
        memory_bytes: of the worker process.
    """

    path: str
    function: str
    resource: str = ""
    mode: Mode = "full"
    cursor: str = ""
    is_ordered: bool = False
    settings: Settings = ()
    takes_cursor: bool = False
    timeout_s: float | None = None
    memory_bytes: int | None = None


class PushOrigin(Struct, frozen=True, kw_only=True, tag=True):
    """Nothing is asked: documents are pushed, for example on standard input."""


Origin = FilesOrigin | DatabaseOrigin | HttpOrigin | PythonOrigin | PushOrigin


def mode_of(origin: Origin) -> Mode | None:
    """How rows combine with those read before; None where nothing is read that way."""
    match origin:
        case DatabaseOrigin() | HttpOrigin() | PythonOrigin():
            return origin.mode
        case FilesOrigin() | PushOrigin():
            return None
        case _:
            assert_never(origin)


def comes_in_parts(origin: Origin) -> bool:
    """Whether new rows come as further parts beside those that were landed before."""
    match origin:
        case FilesOrigin():
            return origin.grows
        case PushOrigin():
            return True
        case _:
            return mode_of(origin) != "full"


def kind_of(origin: Origin) -> str:
    """The word for a kind of origin, as `connection: {kind: ...}` has it.

    >>> kind_of(FilesOrigin(paths=("a.csv",))), kind_of(DatabaseOrigin(kind="mysql"))
    ('files', 'mysql')
    """
    match origin:
        case FilesOrigin():
            return "files"
        case DatabaseOrigin():
            return origin.kind
        case HttpOrigin():
            return "http"
        case PythonOrigin():
            return "python"
        case PushOrigin():
            return "push"
        case _:
            assert_never(origin)
