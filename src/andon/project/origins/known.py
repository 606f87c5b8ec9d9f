"""The kinds of origin by the word that `connection: {kind: ...}` gives."""

from __future__ import annotations

from typing import Final

from andon.project.origins.database import POSTGRES
from andon.project.origins.files import FILES
from andon.project.origins.http import HTTP
from andon.project.origins.kind import OriginKind

KINDS: Final[dict[str, OriginKind]] = {"files": FILES, "postgres": POSTGRES, "http": HTTP}
DEFAULT: Final = "files"
