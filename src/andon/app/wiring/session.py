"""What the calls of one project share: its declarations, its environment, its open tools."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from andon.app.wiring.person import whoami
from andon.app.wiring.wire import STORE, Wired, wire
from andon.errors import ProjectInvalid
from andon.execution.line import Tools
from andon.governance.access import needs_tags
from andon.project.load import load, load_settings
from andon.spec.project import ProjectSpec


class Session:
    """One project, in one environment, for one person. Declarations are read anew whenever they are asked for."""

    def __init__(self, root: Path, environment: str | None = None, user: str | None = None) -> None:
        self.root = root
        self._user = user
        self._named = environment
        self._wired: Wired | None = None
        self._wired_for: ProjectSpec | None = None
        self._trial: Wired | None = None

    @property
    def spec(self) -> ProjectSpec:
        """The declarations as they are in the files now.

        Raises:
            ProjectInvalid: every problem of the project at once.
        """
        return load(self.root, fallback=self._references)

    @property
    def readable(self) -> ProjectSpec:
        """The declarations, or the settings alone while some file is broken.

        What is published was sound when it was; a half-edited file does not keep anyone from it.
        Who may read holds all the same.

        Raises:
            ProjectInvalid: what says who may read is broken, or speaks of tags, which stand in the
                files that do not load.
        """
        try:
            return self.spec
        except ProjectInvalid as failure:
            spec = load_settings(self.root)
            if needs_tags(spec.access):
                raise
            first = failure.problems[0]
            warnings.warn(
                f"the project does not load, so what is published is read without its declarations"
                f" and macros: {first.code}, {first.what}"
                + (f" ({first.where.path})" if first.where else ""),
                stacklevel=3,
            )
            return spec

    def user(self) -> str:
        """Who makes the calls: as named at the beginning, else whoever is signed in."""
        # An empty name is nobody; it must not become the account that the program runs under.
        return whoami() if self._user is None else self._user

    def environment(self, spec: ProjectSpec) -> str:
        """Name of the environment that calls act on."""
        return self._named or spec.settings.environment

    def wired(self, spec: ProjectSpec) -> Wired:
        """Tools for these declarations; new ones where settings or macros changed."""
        same = (
            self._wired_for is not None
            and self._wired_for.settings == spec.settings
            and self._wired_for.macros == spec.macros
        )
        if self._wired is None or not same:
            self.close()
            self._wired = wire(self.root, spec, user=self.user)
            self._wired_for = spec
        return self._wired

    def tools(self, spec: ProjectSpec) -> Tools:
        """The tools alone."""
        return self.wired(spec).tools

    @contextmanager
    def trial(self, spec: ProjectSpec, folder: Path) -> Iterator[Tools]:
        """Tools that keep everything in a folder of their own, closed at the end."""
        self._trial = wire(self.root, spec, place=folder.resolve(), user=self.user)
        try:
            yield self._trial.tools
        finally:
            self._trial.close()
            self._trial = None

    def interrupt(self) -> None:
        """Stop at once what runs now; a run in another thread ends as cancelled."""
        for wired in (self._wired, self._trial):
            if wired is not None:
                wired.interrupt()

    def close(self) -> None:
        """Release processes, memory and files. Safe to repeat."""
        if self._wired is not None:
            self._wired.close()
            self._wired = None

    def _references(self, sql: str) -> Sequence[tuple[str, int, int]]:
        """Tables that a query reads, by the engine's own parser."""
        from andon.engines.duckdb.engine import DuckDBEngine

        engine = DuckDBEngine(self.root / STORE, threads=1, folders=())
        try:
            return engine.reader.parse_references(sql)
        finally:
            engine.close()
