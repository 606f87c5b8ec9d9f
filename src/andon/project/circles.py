"""Assets that read each other in a circle."""

from __future__ import annotations

from andon.errors import Where
from andon.graph.order import cycles
from andon.project.parts import Parts
from andon.project.text import Findings
from andon.spec.asset import AssetSpec, SqlBody
from andon.spec.check import references_of


def refuse_circles(parts: Parts, findings: Findings) -> None:
    """Write down every circle (PRJ009), at the place where its first asset reads the next."""
    reads: dict[str, list[str]] = {
        asset.name: [name for name in asset.reads if name != asset.name] for asset in parts.assets
    }
    for members in cycles(reads):
        first = next(asset for asset in parts.assets if asset.name == members[0])
        findings.add(
            "PRJ009",
            _where_read(parts, first, members[1]),
            what="assets read each other in a circle: " + " -> ".join([*members, members[0]]),
            why="each of them would wait for the next (read `->` as `reads`)",
            fix="take one of these reads out, for example by splitting an asset in two",
        )


def _where_read(parts: Parts, asset: AssetSpec, name: str) -> Where:
    """Where an asset reads another one: in its query, its inputs, or a quarantine check."""
    file = parts.files[asset.path]
    if isinstance(asset.body, SqlBody):
        for table in asset.body.tables:
            if table.name == name:
                return file.where_span(table.span)
    for check in asset.checks:
        if name in references_of(check, asset.name) and check.where is not None:
            return check.where
    return file.where_quoted(name)
