"""All declarations of a project before their names are resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from andon.project.text import TextFile
from andon.spec.asset import AssetSpec
from andon.spec.project import Scalar
from andon.spec.source import SourceSpec
from andon.sql.body import Macro, SqlBody


class Parts(Struct, frozen=True, kw_only=True):
    """What the files of a project declare, each read for itself.

    Attributes:
        files: every file that was read, by path.
        parameters: names of the declared parameters; values: those that could be read.
        check_queries: queries of checks that stand in files of their own, by path.
        broken: names, and prefixes ending in a dot, whose own file has problems; reading them is
            fine.
    """

    name: str
    files: Mapping[str, TextFile]
    sources: Sequence[SourceSpec]
    assets: Sequence[AssetSpec]
    macros: Sequence[Macro]
    parameters: Sequence[str]
    values: Mapping[str, Scalar]
    check_queries: Mapping[str, SqlBody]
    broken: tuple[str, ...]
