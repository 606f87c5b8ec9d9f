"""Loading of a project: from a folder to a validated `ProjectSpec`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from andon.errors import Problem, ProjectInvalid, Where
from andon.hashing import text_hash
from andon.names import is_asset_name, is_identifier
from andon.project.cache import decode_as, encode, parse_cache
from andon.project.parts import Parts
from andon.project.resolve import resolve
from andon.project.settings import FILE, Config, read_config
from andon.project.text import Findings, TextFile
from andon.spec.access import Access
from andon.spec.asset import AssetSpec
from andon.spec.check import SqlCheck
from andon.spec.glossary import Term
from andon.spec.project import ProjectSpec
from andon.spec.source import SourceSpec
from andon.sql.body import Macro, SqlBody

if TYPE_CHECKING:
    from andon.project.python_files import PythonFiles

T = TypeVar("T")
Fallback = Callable[[str], Sequence[tuple[str, int, int]]]


def load(root: Path, *, fallback: Fallback | None = None) -> ProjectSpec:
    """Everything a project declares, with all names resolved. Reads files, runs no user code.

    Args:
        root: folder that holds ``andon.toml``.
        fallback: tables that a query reads by the engine's own parser, as (dotted name, start, end);
            asked only for SQL that Andon's parser does not understand.

    Raises:
        ProjectInvalid: with every problem of the project (PRJ..., PLN003, SQL...), by file and line.
    """
    return _Loader(root, fallback).load()


def load_settings(root: Path) -> ProjectSpec:
    """Settings, and who may read: enough to read what is published; no asset is declared in it.

    Raises:
        ProjectInvalid: (PRJ..., POL...) ``andon.toml`` or a file of policies is missing or wrong.
    """
    return _Loader(root, None).settings()


class _Loader:
    def __init__(self, root: Path, fallback: Fallback | None) -> None:
        self._root, self._fallback = root, fallback
        self._base = root.as_posix()
        self._findings = Findings()
        self._files: dict[str, TextFile] = {}
        self._broken: list[str] = []
        self._seeded = False
        self._cache = parse_cache(root)
        self._python: PythonFiles | None = None

    def load(self) -> ProjectSpec:
        config = self._config()
        self._seeded = config.settings.seed is not None
        sources = self._sources()
        macros = [macro for file in self._below("macros", ".sql") for macro in self._macros(file)]
        assets = [asset for file in self._asset_files() for asset in self._assets(file)]
        parts = Parts(
            name=config.name,
            files=self._files,
            sources=sources,
            assets=assets,
            macros=macros,
            parameters=tuple(name for name, _ in config.parameters),
            values=dict(config.parameters),
            check_queries=self._check_queries(assets, sources),
            broken=tuple(self._broken),
        )
        resolved_assets, resolved_sources = resolve(parts, self._findings)
        glossary = self._glossary(parts)
        access = self._access()
        told = self._judged(access, resolved_assets, parts)
        self._cache.save()
        if self._findings.problems:
            raise ProjectInvalid(*self._findings.sorted())
        return ProjectSpec(
            name=config.name,
            settings=config.settings,
            parameters=config.parameters,
            sources=tuple(resolved_sources),
            assets=tuple(resolved_assets),
            macros=tuple(sorted(macros, key=lambda macro: macro.name)),
            glossary=glossary,
            access=access,
            warnings=(*(w for asset in resolved_assets for w in asset.warnings), *told),
        )

    def settings(self) -> ProjectSpec:
        config = self._config()
        access = self._access()
        if self._findings.problems:
            raise ProjectInvalid(*self._findings.sorted())
        return ProjectSpec(
            name=config.name, settings=config.settings, parameters=config.parameters, access=access
        )

    def _config(self) -> Config:
        if not (self._root / FILE).is_file():
            raise ProjectInvalid(
                Problem(
                    code="PRJ001",
                    what=f"there is no {FILE} in this folder",
                    why="a project is a folder with that file",
                    fix="change to the project's folder, or type `andon init`",
                )
            )
        file = self._read(FILE)
        default_name = self._root.resolve().name
        return read_config(file or TextFile(FILE, ""), self._findings, default_name)

    def _sources(self) -> list[SourceSpec]:
        found = []
        for file in [*self._below("sources", ".yml"), *self._below("sources", ".yaml")]:
            name = PurePosixPath(file.path).stem
            if file.path.count("/") > 1 or not is_identifier(name):
                self._refuse_name(file.path, f"`{name}` is no name of a source", "sources/raw.yml")
            source = self._cached("source", file, SourceSpec, self._source)
            if source is None:
                self._broken.append(f"{name}.")
            else:
                found.append(self._with_contracts(source, file))
        for file in self._below("sources", ".py"):
            name = PurePosixPath(file.path).stem
            if name.startswith("_"):
                continue
            if not is_identifier(name):
                self._refuse_name(file.path, f"`{name}` is no name of a source", "sources/raw.py")
            source = self._cached("python source", file, SourceSpec, self._python_source)
            if source is None:
                self._broken.append(f"{name}.")
            else:
                found.append(self._with_contracts(source, file))
        return found

    def _python_source(self, file: TextFile) -> SourceSpec | None:
        from andon.project.python_sources import read_python_source

        return read_python_source(file, self._findings)

    def _source(self, file: TextFile) -> SourceSpec | None:
        from andon.project.source_files import read_source

        return read_source(file, self._findings)

    def _with_contracts(self, source: SourceSpec, file: TextFile) -> SourceSpec:
        """The source with the columns that contracts promise; most have none."""
        if not any(table.contract for table in source.tables):
            return source
        from andon.project.contracts import ContractFile, is_inside, read_contract, refuse_path
        from andon.project.contracts import with_contracts as promised

        def read(path: str) -> ContractFile | None:
            found = self._peek(path) if is_inside(path) else None
            if found is None:
                refuse_path(self._findings, file.where_of(path), path)
                return None
            return self._cached(
                "contract", found, ContractFile, lambda f: read_contract(f, self._findings)
            )

        return promised(source, file, self._findings, read)

    def _glossary(self, parts: Parts) -> tuple[Term, ...]:
        """Terms of the business; few projects have any."""
        file = self._peek("glossary.yml")
        if file is None:
            return ()
        from andon.project.glossary import read_glossary, refuse_unknown

        terms = self._cached(
            "glossary", file, tuple[Term, ...], lambda f: read_glossary(f, self._findings)
        )
        tables = {str(table.name) for source in parts.sources for table in source.tables}
        known = {*tables, *(s.name for s in parts.sources), *(str(a.name) for a in parts.assets)}
        # What stands in a broken file has its own problem, and is not unknown as well.
        if not parts.broken:
            refuse_unknown(terms or (), file, self._findings, known)
        return terms or ()

    def _access(self) -> Access:
        """Who may read which tables; without files of policies everyone reads everything."""
        files = [*self._below("policies", ".yml"), *self._below("policies", ".yaml")]
        if not files:
            return Access()
        from andon.project.access import join, read_access

        found = []
        for file in files:
            one = self._cached("access", file, Access, lambda f: read_access(f, self._findings))
            if one is not None:
                found.append((file, one))
        # A group may stand in a file that could not be read, which has its own problem.
        return join(found, self._findings) if len(found) == len(files) else Access()

    def _judged(
        self, access: Access, assets: Sequence[AssetSpec], parts: Parts
    ) -> tuple[Problem, ...]:
        """Warnings about rules, in the light of what is declared."""
        if not access.rules or parts.broken:
            return ()
        from andon.project.access import judge

        tags = {str(asset.name): asset.tags for asset in assets}
        tags |= {str(t.name): t.tags for source in parts.sources for t in source.tables}
        reads = {str(asset.name): asset.reads for asset in assets}
        return judge(access, self._files, self._findings, tags, reads)

    def _macros(self, file: TextFile) -> tuple[Macro, ...]:
        return self._cached("macros", file, tuple[Macro, ...], self._parse_macros) or ()

    def _parse_macros(self, file: TextFile) -> tuple[Macro, ...]:
        from andon.sql.macros import read_macros

        try:
            return read_macros(file.text, file.path, seeded=self._seeded)
        except ProjectInvalid as error:
            self._findings.adopt(error, Where(path=file.path))
            return ()

    def _asset_files(self) -> Iterator[TextFile]:
        for file in [*self._below("assets", ".sql"), *self._below("assets", ".py")]:
            name = _name_of(file.path)
            if name.rpartition(".")[2].startswith("_"):
                continue
            if is_asset_name(name):
                yield file
            else:
                what = f"`{name}` is no name of an asset"
                self._refuse_name(file.path, what, "assets/staging/orders.sql")

    def _assets(self, file: TextFile) -> tuple[AssetSpec, ...]:
        if file.path.endswith(".py"):
            found = self._python_assets(file)
        else:
            found = self._cached("sql", file, tuple[AssetSpec, ...], self._sql_assets) or ()
        if not found:
            name = _name_of(file.path)
            many = "for:" in file.text
            self._broken.append(f"{name.rpartition('.')[0]}." if many else name)
        return found

    def _sql_assets(self, file: TextFile) -> tuple[AssetSpec, ...]:
        from andon.project.sql_assets import read_sql_asset

        return read_sql_asset(file, self._findings, self._fallback, seeded=self._seeded)

    def _python_assets(self, file: TextFile) -> tuple[AssetSpec, ...]:
        from andon.project.python_files import PythonFiles

        if self._python is None:
            self._python = PythonFiles(self._root, self._peek, self._findings, self._cache)
        return self._python.read_asset(file)

    def _check_queries(
        self, assets: list[AssetSpec], sources: list[SourceSpec]
    ) -> dict[str, SqlBody]:
        checks = [check for asset in assets for check in asset.checks]
        checks += [check for source in sources for t in source.tables for check in t.checks]
        paths = {check.path for check in checks if isinstance(check, SqlCheck)}
        found: dict[str, SqlBody] = {}
        for path in sorted(paths):
            inside = not PurePosixPath(path).is_absolute() and ".." not in path.split("/")
            if not inside or not (self._root / path).is_file():
                continue
            file = self._read(path)
            if file is None:
                continue
            body = self._cached("check", file, SqlBody, self._query)
            if body is not None:
                found[path] = body
        return found

    def _query(self, file: TextFile) -> SqlBody | None:
        from andon.project.sql_assets import read_body

        return read_body(file, 0, self._findings, self._fallback, seeded=True)[0]

    def _cached(
        self, kind: str, file: TextFile, record: type[T], parse: Callable[[TextFile], T | None]
    ) -> T | None:
        """A parsed file; what has problems is never cached, so they are told every time."""
        key = text_hash(f"{kind}\0{self._seeded}\0{file.path}\0{file.text}")
        known: T | None = self._cache.find(key, decode_as(record))
        if known is not None:
            return known
        before = len(self._findings.problems)
        parsed = parse(file)
        if parsed is not None and len(self._findings.problems) == before:
            self._cache.keep(key, encode(parsed))
        return parsed

    def _below(self, folder: str, ending: str) -> list[TextFile]:
        """Files with that ending below a folder, by path; hidden ones are left out."""
        paths = []
        for at, folders, names in os.walk(self._root / folder):
            folders[:] = [name for name in folders if name[0] != "." and name != "__pycache__"]
            prefix = Path(at).relative_to(self._root).as_posix()
            paths += [f"{prefix}/{n}" for n in names if n.endswith(ending) and n[0] != "."]
        files = (self._read(path) for path in sorted(paths))
        return [file for file in files if file is not None]

    def _read(self, path: str) -> TextFile | None:
        if path in self._files:
            return self._files[path]
        try:
            text = Path(f"{self._base}/{path}").read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = (
                "is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
            )
            self._findings.add(
                "PRJ026",
                Where(path=path),
                what=f"{path} cannot be read: {reason}",
                why="declarations are UTF-8 text",
                fix="save the file as UTF-8, and check its permissions",
            )
            return None
        file = TextFile(path, text)
        self._files[path] = file
        return file

    def _peek(self, path: str) -> TextFile | None:
        """A file that need not be there."""
        return self._read(path) if (self._root / path).is_file() else None

    def _refuse_name(self, path: str, what: str, example: str) -> None:
        self._findings.add(
            "PRJ007",
            Where(path=path),
            what=what,
            why="names are lower-case letters, digits and underscores, an asset's with its folder",
            fix=f"rename the file, for example {example}",
        )


def _name_of(path: str) -> str:
    """Asset name of a path; as `asset_name_of`, without the cost of path objects."""
    return path.removeprefix("assets/").rpartition(".")[0].replace("/", ".")
