"""Names of a project: every table read, target, parameter and macro must be known, and have one
meaning."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from andon.errors import Where
from andon.names import REJECTED
from andon.project.check_bodies import with_bodies
from andon.project.circles import refuse_circles
from andon.project.parts import Parts
from andon.project.text import Findings, TextFile
from andon.project.unknown import Unknown
from andon.spec.asset import AssetSpec, PythonBody
from andon.spec.check import references_of
from andon.spec.source import SourceSpec, SourceTable
from andon.sql.body import SqlBody


def resolve(parts: Parts, findings: Findings) -> tuple[Sequence[AssetSpec], Sequence[SourceSpec]]:
    """Assets and sources in order of name, with the queries of their checks filled in."""
    return _Resolver(parts, findings).resolve()


class _Resolver:
    def __init__(self, parts: Parts, findings: Findings) -> None:
        self._parts, self._findings = parts, findings
        self._tables = [table for source in parts.sources for table in source.tables]
        self._unknown = Unknown(parts, findings)

    def resolve(self) -> tuple[Sequence[AssetSpec], Sequence[SourceSpec]]:
        parts, unknown = self._parts, self._unknown
        self._refuse_repeats()
        self._refuse_reserved()
        for asset in parts.assets:
            if isinstance(asset.body, PythonBody):
                self._judge_python(asset, asset.body)
            else:
                self._judge_sql(asset, asset.body)
        refuse_circles(parts, self._findings)
        for table in self._tables:
            self._refuse_crossing_quarantine(table)
        assets = [with_bodies(asset, parts, unknown) for asset in parts.assets]
        sources = [
            replace(s, tables=tuple(with_bodies(t, parts, unknown) for t in s.tables))
            if any(t.checks for t in s.tables)
            else s
            for s in parts.sources
        ]
        assets.sort(key=lambda asset: asset.name)
        sources.sort(key=lambda source: source.name)
        return assets, sources

    def _refuse_reserved(self) -> None:
        """Names that end as those of rejected rows do."""
        named = [(str(t.name), t.where_path) for t in self._tables]
        named += [(str(a.name), a.path) for a in self._parts.assets]
        for name, path in named:
            if name.endswith(REJECTED):
                base = name.removesuffix(REJECTED)
                self._findings.add(
                    "PRJ049",
                    self._parts.files[path].where(1),
                    what=f"`{name}` ends in `{REJECTED}`",
                    why=f"under that name the rows that were set aside of `{base}` are read",
                    fix="give it another name",
                )

    def _refuse_repeats(self) -> None:
        seen: dict[str, str] = {}
        for table in self._tables:
            if table.name in seen:
                self._findings.add(
                    "PRJ008",
                    self._parts.files[table.where_path].where(1),
                    what=f"`{table.name}` is declared twice, also in {seen[table.name]}",
                    why="a name has one producer",
                    fix="rename or delete one of them",
                )
            seen.setdefault(table.name, table.where_path)
        for asset in self._parts.assets:
            if asset.name in seen:
                self._findings.add(
                    "PRJ008",
                    self._parts.files[asset.path].where(1),
                    what=f"`{asset.name}` is declared twice, also in {seen[asset.name]}",
                    why="a name has one producer",
                    fix="rename or delete one of them",
                )
            seen.setdefault(asset.name, asset.path)
        macros: dict[str, str] = {}
        for macro in self._parts.macros:
            if macro.name in macros:
                file = self._parts.files[macro.path]
                start = file.text.rfind(macro.sql)
                self._findings.add(
                    "PRJ027",
                    file.where_of(macro.name, max(0, start)),
                    what=f"macro `{macro.name}` is declared twice, also in {macros[macro.name]}",
                    why="a name has one meaning",
                    fix="rename or delete one of them",
                )
            macros.setdefault(macro.name, macro.path)

    def _judge_sql(self, asset: AssetSpec, body: SqlBody) -> None:
        file = self._parts.files[asset.path]
        for table in body.tables:
            if not self._unknown.is_known(table.name):
                self._unknown.refuse_read(asset.name, table.name, file.where_span(table.span))
            elif table.name == asset.name:
                self._refuse_own(asset.name, file.where_span(table.span))
        given = {*self._parts.parameters, *(name for name, _ in asset.variant)}
        for parameter in body.parameters:
            if parameter not in given:
                where = file.where_of(f"${parameter}", body.start)
                self._unknown.refuse_parameter(asset.name, parameter, given, where)
        if asset.materialize == "view":
            self._refuse_macros(asset, body, file)

    def _refuse_macros(self, asset: AssetSpec, body: SqlBody, file: TextFile) -> None:
        """A view outlives the macros of its day, so rolled back it would read with newer ones."""
        called = {macro.name for macro in self._parts.macros} & set(body.functions)
        for name in sorted(called):
            self._findings.add(
                "PRJ034",
                file.where_of(name, body.start),
                what=f"view `{asset.name}` calls the project macro `{name}`",
                why="a view is kept as a query; an older one would run with a newer macro",
                fix="write `materialize: table`, or put the macro's expression into the view",
            )

    def _judge_python(self, asset: AssetSpec, body: PythonBody) -> None:
        file = self._parts.files[asset.path]
        for item in body.inputs:
            if item.asset == asset.name:
                self._refuse_own(asset.name, file.where_quoted(item.asset))
            elif not self._unknown.is_known(item.asset):
                self._unknown.refuse_read(asset.name, item.asset, file.where_quoted(item.asset))
        known = self._parts.parameters
        for parameter in body.parameters:
            if parameter not in known:
                where = file.where_quoted(parameter)
                self._unknown.refuse_parameter(asset.name, parameter, known, where)

    def _refuse_own(self, asset: str, where: Where) -> None:
        self._findings.add(
            "PRJ009",
            where,
            what=f"asset `{asset}` reads itself",
            why="an asset is built from others, so it would wait for itself",
            fix="read the asset it is made from",
        )

    def _refuse_crossing_quarantine(self, table: SourceTable) -> None:
        """A raw table is read from its deliveries alone, so nothing else may decide its rows."""
        for check in table.checks:
            if check.on_fail == "quarantine" and references_of(check, table.name):
                self._findings.add(
                    "PRJ035",
                    check.where,
                    what=f"raw table `{table.name}` sets rows aside by comparing with another asset",
                    why="a raw table is what arrived, and depends on nothing else",
                    fix="declare the check on the staging asset that reads it, or `on_fail: warn`",
                )
