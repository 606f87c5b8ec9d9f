"""The kinds of origin by the word that `connection: {kind: ...}` gives."""

from __future__ import annotations

from typing import Final

from andon.project.origins.database import DUCKDB, MYSQL, POSTGRES, SQLITE
from andon.project.origins.files import FILES
from andon.project.origins.http import HTTP
from andon.project.origins.kind import OriginKind
from andon.project.origins.push import PUSH

KINDS: Final[dict[str, OriginKind]] = {
    "files": FILES,
    "postgres": POSTGRES,
    "mysql": MYSQL,
    "sqlite": SQLITE,
    "duckdb": DUCKDB,
    "http": HTTP,
    "push": PUSH,
}
DEFAULT: Final = "files"
