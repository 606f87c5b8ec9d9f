"""Versions of the installed distributions that a project's Python code imports."""

from __future__ import annotations


class Installed:
    """What is installed in this Python, asked once per name."""

    def __init__(self) -> None:
        self._versions: dict[str, str | None] = {}
        self._names: dict[str, str | None] = {}

    def version_of(self, distribution: str) -> str | None:
        """Installed version, or None."""
        from importlib import metadata

        if distribution not in self._versions:
            try:
                self._versions[distribution] = metadata.version(distribution)
            except metadata.PackageNotFoundError:
                self._versions[distribution] = None
        return self._versions[distribution]

    def distribution_of(self, module: str) -> str | None:
        """Distribution that a top-level module comes from, or None if it is not installed."""
        from importlib import metadata

        if module not in self._names:
            name: str | None = module
            if self.version_of(module) is None:
                name = next(iter(metadata.packages_distributions().get(module, [])), None)
            self._names[module] = name
        return self._names[module]
