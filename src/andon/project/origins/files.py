"""Files as an origin: `path`, and `format` where the name does not tell it."""

from __future__ import annotations

from andon.project.fields import Fields
from andon.project.origins.kind import OriginKind
from andon.spec.origin import FilesOrigin


def read(table: Fields, connection: Fields | None) -> FilesOrigin | None:  # noqa: ARG001
    """The files of a table."""
    paths = table.names("path", "data/orders/*.csv")
    if "path" not in table.values:
        table.findings.add(
            "PRJ005",
            table.where(""),
            what=f"{table.of} has no `path`",
            why="it is read from files",
            fix="write `path: data/orders.csv`, a glob, or a list of them",
        )
        return None
    return FilesOrigin(paths=paths)


FILES = OriginKind(connection_keys=(), table_keys=("path", "format"), read=read, has_dialect=True)
