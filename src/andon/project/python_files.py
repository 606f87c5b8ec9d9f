"""Python asset files: declaration, code hash and what both rest on, through the cache."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from andon.hashing import content_hash, text_hash
from andon.project.cache import Cache, decode_as, encode
from andon.project.distributions import Installed
from andon.project.text import Findings, TextFile
from andon.spec.asset import AssetSpec, PythonBody

if TYPE_CHECKING:
    from collections.abc import Callable

    from andon.project.modules import ModuleFinder
    from andon.project.python_assets import Found
    from andon.project.python_code import Reached


class _Entry(Struct, array_like=True):
    """A cached asset, and the files it rests on: path -> hash of the text, empty if not there."""

    asset: AssetSpec
    texts: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str], ...]
    distributions: tuple[tuple[str, str], ...]


class PythonFiles:
    """Reads the Python assets of one project; files are read and parsed once."""

    def __init__(
        self,
        root: Path,
        read: Callable[[str], TextFile | None],
        findings: Findings,
        cache: Cache,
    ) -> None:
        self._root, self._read, self._findings, self._cache = root, read, findings, cache
        self._installed = Installed()
        self._finder: ModuleFinder | None = None
        self._hashes: dict[str, str] = {}

    def read_asset(self, file: TextFile) -> tuple[AssetSpec, ...]:
        """The asset of a file, or none with problems noted."""
        key = text_hash(f"python\0{file.path}\0{file.text}")
        entry = self._cache.find(key, decode_as(_Entry))
        if entry is not None and self._is_current(entry):
            return (entry.asset,)
        before = len(self._findings.problems)
        made = self._parse(file)
        if made is None or len(self._findings.problems) > before:
            return ()
        asset, seen = made
        assert isinstance(asset.body, PythonBody)
        self._cache.keep(
            key,
            encode(
                _Entry(
                    asset=asset,
                    texts=tuple(sorted((path, self._hash(path)) for path in seen)),
                    files=asset.body.files,
                    distributions=asset.body.distributions,
                )
            ),
        )
        return (asset,)

    def _is_current(self, entry: _Entry) -> bool:
        return (
            all(self._hash(path) == known for path, known in entry.texts)
            and all(self._content(path) == known for path, known in entry.files)
            and all(self._version(name) == known for name, known in entry.distributions)
        )

    def _version(self, name: str) -> str | None:
        import sys

        if name == "python":
            return f"{sys.version_info.major}.{sys.version_info.minor}"
        return self._installed.version_of(name)

    def _hash(self, path: str) -> str:
        if path not in self._hashes:
            file = self._read(path)
            self._hashes[path] = text_hash(file.text) if file else ""
        return self._hashes[path]

    def _content(self, path: str) -> str | None:
        try:
            return content_hash((self._root / path).read_bytes())
        except OSError:
            return None

    def _parse(self, file: TextFile) -> tuple[AssetSpec, list[str]] | None:
        from andon.project.modules import ModuleFinder
        from andon.project.python_assets import read_declaration
        from andon.project.python_code import CodeWalk

        found = read_declaration(file, self._findings)
        if found is None:
            return None
        if self._finder is None:
            self._finder = ModuleFinder(self._read)
        module = self._finder.at(file.path, PurePosixPath(file.path).with_suffix("").as_posix())
        if module is None:
            return None
        walk = CodeWalk(self._finder, self._findings, may_be_dynamic=bool(found.files))
        reached = walk.walk(module, found.function)
        body = PythonBody(
            path=file.path,
            function=found.function,
            inputs=found.inputs,
            code_hash=reached.hash,
            distributions=self._distributions(reached, file),
            files=self._declared_files(file, found),
            parameters=found.parameters,
        )
        return replace(found.asset, body=body), list(reached.seen)

    def _distributions(self, reached: Reached, file: TextFile) -> tuple[tuple[str, str], ...]:
        found = {"python": self._version("python") or ""}
        for root, where in reached.roots.items():
            name = self._installed.distribution_of(root)
            version = self._installed.version_of(name) if name else None
            if name is not None and version is not None:
                found[name] = version
                continue
            self._findings.add(
                "PRJ033",
                where or file.where(1),
                what=f"module `{root}` is neither in the project nor installed",
                why="the version of every library that an asset uses is part of its identity",
                fix=f"install the package that holds `{root}`, or correct the import",
            )
        return tuple(sorted(found.items()))

    def _declared_files(self, file: TextFile, found: Found) -> tuple[tuple[str, str], ...]:
        declared = []
        for path in found.files:
            inside = not PurePosixPath(path).is_absolute() and ".." not in path.split("/")
            content = self._content(path) if inside else None
            if content is None:
                self._findings.add(
                    "PRJ028",
                    file.where_of(path),
                    what=f"the declared file `{path}` cannot be read",
                    why="its content is part of the asset's identity",
                    fix="give the path of a file of the project, relative to its folder",
                )
            else:
                declared.append((path, content))
        return tuple(sorted(declared))
