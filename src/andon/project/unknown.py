"""Names that a project does not know, refused with the closest one it does know."""

from __future__ import annotations

from collections.abc import Sequence

from andon.errors import Where
from andon.names import closest, did_you_mean
from andon.project.parts import Parts
from andon.project.text import Findings
from andon.spec.check import Check, SqlCheck, kind_of


class Unknown:
    """Tells known names from unknown ones, and writes each unknown one down as a finding."""

    def __init__(self, parts: Parts, findings: Findings) -> None:
        self._parts, self._findings = parts, findings
        self._known: set[str] = {asset.name for asset in parts.assets}
        self._known.update(table.name for source in parts.sources for table in source.tables)
        self._prefixes = tuple(name for name in parts.broken if name.endswith("."))
        self._known.update(name for name in parts.broken if not name.endswith("."))

    def is_known(self, name: str) -> bool:
        """Whether an asset or raw table has that name, or may have it in a file with problems."""
        return name in self._known or name.startswith(self._prefixes)

    def refuse_read(self, asset: str, name: str, where: Where) -> None:
        """An asset reads what nothing produces (PLN003)."""
        candidates = sorted(self._known - {asset})
        near = closest(name, candidates)
        if near is None and "." not in name:
            near = next((known for known in candidates if known.endswith(f".{name}")), None)
        schema = name.partition(".")[0] if "." in name else "raw"
        place = f"declare the source in sources/{schema}.yml"
        self._findings.add(
            "PLN003",
            where,
            what=f"asset `{asset}` reads `{name}`, which nothing produces",
            why=f"no asset or source in project `{self._parts.name}` has that name",
            fix=f"write `{near}` (closest name), or {place}"
            if near
            else f"{place}, or add the asset",
        )

    def refuse_parameter(
        self, asset: str, name: str, known: Sequence[str] | set[str], where: Where
    ) -> None:
        """An asset or its check uses a parameter that is not declared (PRJ011)."""
        near = closest(name, known)
        declare = f"add `{name} = ...` under [parameters] in andon.toml"
        self._findings.add(
            "PRJ011",
            where,
            what=f"asset `{asset}` uses parameter `{name}`, which is not declared",
            why="only declared parameters have values, and only those enter a build key",
            fix=f"write `{near}` (closest known name), or {declare}" if near else declare,
        )

    def refuse_target(self, owner: str, check: Check, name: str, where: Where | None) -> None:
        """A check reads what nothing produces (PRJ012)."""
        self._findings.add(
            "PRJ012",
            where,
            what=f"a check `{kind_of(check)}` of `{owner}` reads `{name}`, which nothing produces",
            why=f"no asset or source in project `{self._parts.name}` has that name",
            fix=did_you_mean(name, sorted(self._known), "declare the table, or remove the check"),
        )

    def refuse_file(self, check: SqlCheck) -> None:
        """The query of a check stands in a file that does not exist (PRJ018)."""
        known = [path for path in self._parts.files if path.endswith(".sql")]
        self._findings.add(
            "PRJ018",
            check.where,
            what=f"the file `{check.path}` of a check does not exist",
            why="paths are relative to the project's folder",
            fix=did_you_mean(check.path, known, f"create {check.path}"),
        )
