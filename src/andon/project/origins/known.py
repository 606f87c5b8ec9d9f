"""The kinds of origin by the word that `connection: {kind: ...}` gives."""

from __future__ import annotations

from typing import Final

from andon.project.origins.files import FILES
from andon.project.origins.kind import OriginKind
from andon.project.origins.push import PUSH

KINDS: Final[dict[str, OriginKind]] = {"files": FILES, "push": PUSH}
DEFAULT: Final = "files"
