"""Names of a project: every table read, target, parameter and macro must be known."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from andon.errors import Where
from andon.names import closest, did_you_mean
from andon.project.meaning import expectation, reached
from andon.project.text import Findings, TextFile
from andon.spec.asset import AssetSpec, PythonBody
from andon.spec.check import Check, Expect, Relationship, SqlCheck, kind_of, references_of
from andon.spec.project import Scalar
from andon.spec.source import SourceSpec, SourceTable
from andon.sql.body import Macro, SqlBody
from andon.sql.quote import literal

Owner = TypeVar("Owner", AssetSpec, SourceTable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """All declarations of a project before their names are resolved."""

    name: str
    files: Mapping[str, TextFile]
    sources: Sequence[SourceSpec]
    assets: Sequence[AssetSpec]
    macros: Sequence[Macro]
    parameters: Sequence[str]
    values: Mapping[str, Scalar]
    check_queries: Mapping[str, SqlBody]
    broken: tuple[str, ...]
    """Names, and prefixes ending in a dot, whose own file has problems; reading them is fine."""


def resolve(parts: Parts, findings: Findings) -> tuple[Sequence[AssetSpec], Sequence[SourceSpec]]:
    """Assets and sources in order of name, with the queries of their checks filled in."""
    return _Resolver(parts, findings).resolve()


class _Resolver:
    def __init__(self, parts: Parts, findings: Findings) -> None:
        self._parts, self._findings = parts, findings
        self._tables = [table for source in parts.sources for table in source.tables]
        self._known: set[str] = {asset.name for asset in parts.assets}
        self._known.update(table.name for table in self._tables)
        self._prefixes = tuple(name for name in parts.broken if name.endswith("."))
        self._known.update(name for name in parts.broken if not name.endswith("."))

    def resolve(self) -> tuple[Sequence[AssetSpec], Sequence[SourceSpec]]:
        self._refuse_repeats()
        for asset in self._parts.assets:
            self._judge_asset(asset)
        self._refuse_cycles()
        for table in self._tables:
            self._refuse_crossing_quarantine(table)
        assets = [
            self._with_checks(asset) if asset.checks else asset for asset in self._parts.assets
        ]
        sources = [
            replace(s, tables=tuple(self._with_checks(t) for t in s.tables))
            if any(t.checks for t in s.tables)
            else s
            for s in self._parts.sources
        ]
        assets.sort(key=lambda asset: asset.name)
        sources.sort(key=lambda source: source.name)
        return assets, sources

    def _is_known(self, name: str) -> bool:
        return name in self._known or name.startswith(self._prefixes)

    def _refuse_repeats(self) -> None:
        seen: dict[str, str] = {table.name: table.where_path for table in self._tables}
        for asset in self._parts.assets:
            if asset.name in seen:
                self._findings.add(
                    "PRJ008",
                    Where(path=asset.path, line=1, column=1, text=self._line(asset.path)),
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

    def _line(self, path: str) -> str:
        return self._parts.files[path].text.split("\n", 1)[0]

    def _judge_asset(self, asset: AssetSpec) -> None:
        if isinstance(asset.body, PythonBody):
            self._judge_python(asset, asset.body)
            return
        file = self._parts.files[asset.path]
        body = asset.body
        for table in body.tables:
            if not self._is_known(table.name):
                start, end = table.span.start, table.span.end
                self._refuse_read(asset.name, table.name, file.where_at(start, end - start))
            elif table.name == asset.name:
                self._refuse_own(asset.name, file.where_at(table.span.start, len(table.name)))
        given = {*self._parts.parameters, *(name for name, _ in asset.variant)}
        for parameter in body.parameters:
            if parameter not in given:
                self._refuse_parameter(
                    asset.name, parameter, given, file.where_of(f"${parameter}", body.start)
                )

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
            where = self._python_where(file, item.asset)
            if item.asset == asset.name:
                self._refuse_own(asset.name, where)
            elif not self._is_known(item.asset):
                self._refuse_read(asset.name, item.asset, where)
        for parameter in body.parameters:
            if parameter not in self._parts.parameters:
                where = self._python_where(file, parameter)
                self._refuse_parameter(asset.name, parameter, self._parts.parameters, where)

    @staticmethod
    def _python_where(file: TextFile, name: str) -> Where:
        found = re.search(rf"(?<=[\"']){re.escape(name)}(?=[\"'])", file.text)
        return file.where_at(found.start(), len(name)) if found else file.where(1)

    def _refuse_read(self, asset: str, name: str, where: Where) -> None:
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

    def _refuse_own(self, asset: str, where: Where) -> None:
        self._findings.add(
            "PRJ009",
            where,
            what=f"asset `{asset}` reads itself",
            why="an asset is built from others, so it would wait for itself",
            fix="read the asset it is made from",
        )

    def _refuse_parameter(
        self, asset: str, name: str, known: Sequence[str] | set[str], where: Where
    ) -> None:
        near = closest(name, known)
        declare = f"add `{name} = ...` under [parameters] in andon.toml"
        self._findings.add(
            "PRJ011",
            where,
            what=f"asset `{asset}` uses parameter `{name}`, which is not declared",
            why="only declared parameters have values, and only those enter a build key",
            fix=f"write `{near}` (closest known name), or {declare}" if near else declare,
        )

    def _refuse_cycles(self) -> None:
        reads: dict[str, list[str]] = {
            asset.name: [name for name in asset.reads if name != asset.name]
            for asset in self._parts.assets
        }
        for members in _cycles(reads):
            first = next(a for a in self._parts.assets if a.name == members[0])
            self._findings.add(
                "PRJ009",
                self._where_read(first, members[1]),
                what="assets read each other in a circle: " + " -> ".join(members),
                why="each of them would wait for the next (read `->` as `reads`)",
                fix="take one of these reads out, for example by splitting an asset in two",
            )

    def _where_read(self, asset: AssetSpec, name: str) -> Where:
        """Where an asset reads another one: in its query, its inputs, or a quarantine check."""
        file = self._parts.files[asset.path]
        if isinstance(asset.body, SqlBody):
            for table in asset.body.tables:
                if table.name == name:
                    return file.where_at(table.span.start, table.span.end - table.span.start)
        for check in asset.checks:
            if name in references_of(check, asset.name) and check.where is not None:
                return check.where
        return self._python_where(file, name)

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

    def _with_checks(self, owner: Owner) -> Owner:
        """The owner with the queries of its checks filled in; itself where it has none."""
        variant = owner.variant if isinstance(owner, AssetSpec) else ()
        values = {**self._parts.values, **dict(variant)}
        checks = tuple([self._check(owner.name, check, values) for check in owner.checks])
        is_same = all(new is old for new, old in zip(checks, owner.checks, strict=True))
        return owner if is_same else replace(owner, checks=checks)

    def _check(self, owner: str, check: Check, values: Mapping[str, Scalar]) -> Check:
        if isinstance(check, Relationship) and not self._is_known(check.to_asset):
            self._refuse_target(owner, check, check.to_asset, check.where)
        if isinstance(check, Expect):
            filled, missing = expectation(check, values, self._parts.macros)
            for name in missing:
                where = check.where or Where(path="andon.toml")
                self._refuse_parameter(owner, name, self._parts.parameters, where)
            return filled
        if not isinstance(check, SqlCheck):
            return check
        body = self._parts.check_queries.get(check.path)
        if body is None:
            if check.path not in self._parts.files:
                self._refuse_file(check)
            return check
        file = self._parts.files[check.path]
        for table in body.tables:
            if not self._is_known(table.name):
                where = file.where_at(table.span.start, table.span.end - table.span.start)
                self._refuse_target(owner, check, table.name, where)
        for name in body.parameters:
            if name not in values:
                where = file.where_of(f"${name}", body.start)
                self._refuse_parameter(owner, name, self._parts.parameters, where)
        return replace(
            check,
            sql=body.text[body.start :],
            reads=body.reads,
            body=body,
            parameters=tuple((n, literal(values[n])) for n in body.parameters if n in values),
            macros=reached(body.functions, self._parts.macros),
        )

    def _refuse_target(self, owner: str, check: Check, name: str, where: Where | None) -> None:
        self._findings.add(
            "PRJ012",
            where,
            what=f"a check `{kind_of(check)}` of `{owner}` reads `{name}`, which nothing produces",
            why=f"no asset or source in project `{self._parts.name}` has that name",
            fix=did_you_mean(name, sorted(self._known), "declare the table, or remove the check"),
        )

    def _refuse_file(self, check: SqlCheck) -> None:
        known = [path for path in self._parts.files if path.endswith(".sql")]
        self._findings.add(
            "PRJ018",
            check.where,
            what=f"the file `{check.path}` of a check does not exist",
            why="paths are relative to the project's folder",
            fix=did_you_mean(check.path, known, f"create {check.path}"),
        )


def _cycles(reads: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """One circle per knot of names, each from its smallest name back to it."""
    state: dict[str, int] = {}
    found: list[list[str]] = []
    for root in sorted(reads):
        if root in state:
            continue
        path: list[str] = []
        stack = [(root, iter(reads[root]))]
        state[root] = 1
        path.append(root)
        while stack:
            name, rest = stack[-1]
            for target in rest:
                if target not in reads or state.get(target) == 2:
                    continue
                if state.get(target) == 1:
                    found.append(_rotated(path[path.index(target) :]))
                    continue
                state[target] = 1
                path.append(target)
                stack.append((target, iter(reads[target])))
                break
            else:
                state[name] = 2
                path.pop()
                stack.pop()
    return found


def _rotated(members: list[str]) -> list[str]:
    least = members.index(min(members))
    return [*members[least:], *members[:least], members[least]]
