"""What is proved: rows of one asset, and the files behind them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from msgspec import Struct, field

from andon.catalog.records import DataFile, FileRole, Snapshot
from andon.checks.plan import Reference
from andon.ports.engine import Engine
from andon.schema import Schema
from andon.spec.check import Check, Tolerance


class Staged(Struct, frozen=True, kw_only=True):
    """A file that was written but is not durable yet."""

    path: Path
    rows: int
    role: FileRole = "data"
    label: str = ""
    sums: str = ""


class Subject(Struct, frozen=True, kw_only=True):
    """What is proved: rows of one asset, by a table expression.

    Attributes:
        engine: what reads them.
        parts: files behind it; empty for a view.
        references: other assets that its checks read, by name.
        wants_digest: whether the content digest is computed in the same scan.
        rows: number of rows where it is known and there are no parts.
        proved: identities of checks that the query itself proves of just these rows, with the reason.
        passed: identities of checks that no row of what is served now fails.
        verdicts_stand: whether rows that were set aside before would be set aside again.
        served: what is served now, if it has the same schema; its files are not judged again.
        root: folder that kept files are relative to.
    """

    asset: str
    checks: tuple[Check, ...]
    limit: Tolerance
    schema: Schema
    engine: Engine
    relation: str
    parts: tuple[Staged | DataFile, ...]
    references: Mapping[str, Reference]
    logical_time: datetime
    wants_digest: bool = True
    rows: int | None = None
    proved: Mapping[str, str] = field(default_factory=dict)
    passed: frozenset[str] = frozenset()
    verdicts_stand: bool = False
    served: Snapshot | None = None
    root: Path = Path()

    def place(self, part: Staged | DataFile) -> Path:
        """Absolute path of a part."""
        return part.path if isinstance(part, Staged) else self.root / part.path
