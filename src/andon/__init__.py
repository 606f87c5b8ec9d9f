"""Andon: raw data to published, tested, monitored data products.

The public Python API. Names are loaded when they are first used, so that
``import andon`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from andon.version import VERSION

if TYPE_CHECKING:
    from andon.app.opening import open_project as open
    from andon.app.project import Project as Project
    from andon.app.workers.open_file import open_file as open_file
    from andon.errors import AndonError as AndonError
    from andon.errors import Conflict as Conflict
    from andon.errors import Denied as Denied
    from andon.errors import ProjectInvalid as ProjectInvalid
    from andon.errors import UsageError as UsageError
    from andon.spec.declare import accepted as accepted
    from andon.spec.declare import asset as asset
    from andon.spec.declare import expect as expect
    from andon.spec.declare import freshness as freshness
    from andon.spec.declare import in_range as in_range
    from andon.spec.declare import not_null as not_null
    from andon.spec.declare import pattern as pattern
    from andon.spec.declare import reconcile as reconcile
    from andon.spec.declare import relationship as relationship
    from andon.spec.declare import row_count as row_count
    from andon.spec.declare import sql_file as sql_file
    from andon.spec.declare import unique as unique
    from andon.spec.declare_source import secret as secret
    from andon.spec.declare_source import source as source

__version__ = VERSION

__all__ = [
    "AndonError",
    "Conflict",
    "Denied",
    "Project",
    "ProjectInvalid",
    "UsageError",
    "__version__",
    "accepted",
    "asset",
    "expect",
    "freshness",
    "in_range",
    "not_null",
    "open",
    "open_file",
    "pattern",
    "reconcile",
    "relationship",
    "row_count",
    "secret",
    "source",
    "sql_file",
    "unique",
]

_ERRORS = ("AndonError", "Conflict", "Denied", "ProjectInvalid", "UsageError")
_ELSEWHERE = {
    "open": ("andon.app.opening", "open_project"),
    "open_file": ("andon.app.workers.open_file", "open_file"),
    "Project": ("andon.app.project", "Project"),
    **{name: ("andon.errors", name) for name in _ERRORS},
    **{name: ("andon.spec.declare_source", name) for name in ("secret", "source")},
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'andon' has no attribute {name!r}")
    module, attribute = _ELSEWHERE.get(name, ("andon.spec.declare", name))
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return __all__
