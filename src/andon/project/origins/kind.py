"""What a kind of origin lets people write, and how it is read."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from andon.project.fields import Fields
from andon.spec.origin import Origin
from andon.spec.source import Format


class OriginKind(Struct, frozen=True, kw_only=True):
    """One kind of origin in a source's YAML.

    Attributes:
        connection_keys: keys of `connection` beside `kind`.
        table_keys: keys of a table beside those of every table.
        read: the origin of one table, from its fields and those of the connection (None where there
            is none); None if something is wrong, which is noted.
        has_dialect: whether tables are text whose dialect may be declared.
        format: of what is landed, where it is always the same.
    """

    connection_keys: tuple[str, ...]
    table_keys: tuple[str, ...]
    read: Callable[[Fields, Fields | None], Origin | None]
    has_dialect: bool = False
    format: Format | None = None
