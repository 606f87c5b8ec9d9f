"""A whole project as declared: what loading gives and planning takes."""

from __future__ import annotations

from msgspec import Struct

from andon.errors import Problem
from andon.spec.access import Access
from andon.spec.asset import AssetSpec
from andon.spec.check import Tolerance
from andon.spec.glossary import Term
from andon.spec.source import SourceSpec, SourceTable
from andon.sql.body import Macro

Scalar = None | bool | int | float | str


class Settings(Struct, frozen=True, kw_only=True):
    """How the project runs; none of it enters a fingerprint.

    Attributes:
        environment: environment that commands act on if none is named.
        threads: engine threads, over all workers.
        memory_bytes: memory limit over engine and workers.
        spill_bytes: size limit of the spill folder.
        timeout_s: longest run time of one Python asset.
        keep_days, keep_last: publications that gc keeps.
        grace_s: age below which gc never deletes a marked file.
        seed: value for ``setseed`` in assets that use random(); None makes them an error.
    """

    environment: str = "prod"
    threads: int | None = None
    memory_bytes: int | None = None
    spill_bytes: int | None = None
    timeout_s: float = 3600.0
    retries: int = 2
    keep_days: int = 30
    keep_last: int = 20
    grace_s: float = 3600.0
    seed: float | None = None


class ProjectSpec(Struct, frozen=True, kw_only=True):
    """Everything declared, validated, and with all names resolved.

    Attributes:
        name: from andon.toml.
        settings: how to run.
        parameters: declared parameters with their values.
        sources, assets: in order of name.
        macros: by name.
        glossary: terms of the business, by name.
        access: who may read which tables.
        warnings: problems that do not stop.
    """

    name: str
    settings: Settings = Settings()
    parameters: tuple[tuple[str, Scalar], ...] = ()
    sources: tuple[SourceSpec, ...] = ()
    assets: tuple[AssetSpec, ...] = ()
    macros: tuple[Macro, ...] = ()
    glossary: tuple[Term, ...] = ()
    access: Access = Access()
    warnings: tuple[Problem, ...] = ()

    @property
    def source_tables(self) -> tuple[SourceTable, ...]:
        """All raw tables of all sources."""
        return tuple(table for source in self.sources for table in source.tables)


__all__ = ["Macro", "ProjectSpec", "Scalar", "Settings"]


def quarantine_limit(asset: AssetSpec | SourceTable) -> Tolerance:
    """How many rows the quarantine checks of an asset may set aside, over all of them."""
    return asset.limit if isinstance(asset, AssetSpec) else asset.quarantine_limit
