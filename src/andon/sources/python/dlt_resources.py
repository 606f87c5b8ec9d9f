"""dlt resources and sources as rows, with the state that dlt keeps of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from andon.errors import Problem, TaskFailed, Where
from andon.ports.python_runner import SourceTask

_OWN = "dlt"


def is_dlt(value: object) -> bool:
    """Whether something is of dlt; dlt is not imported for it."""
    return type(value).__module__.partition(".")[0] == "dlt" and hasattr(value, "__iter__")


def open_items(
    task: SourceTask, found: Any, begun: dict[str, Any] | None
) -> tuple[Iterator[object], Callable[[], dict[str, Any]]]:
    """Items as dlt yields them, and its state by now, as JSON can hold it.

    Args:
        found: a resource or a source; of a source the one resource that the task names.
        begun: what the second answer gave at the end of the reading before.

    Raises:
        TaskFailed: (SRC063) it is not said which resource is meant.
    """
    container = import_module("dlt.common.configuration.container").Container()
    context = import_module("dlt.common.pipeline").StateInjectableContext
    json = import_module("dlt.common.json").json
    state: dict[str, Any] = json.typed_loads(begun[_OWN]) if begun else {}
    chosen = _chosen(task, found)
    with container.injectable_context(context(state=state)):
        # From here on dlt keeps this very mapping.
        items = iter(chosen)
    return map(_plain, items), lambda: {_OWN: json.typed_dumps(state)}


def _chosen(task: SourceTask, found: Any) -> Any:
    """The resource of the task."""
    resources = getattr(found, "selected_resources", None)
    names = [found.name] if resources is None else list(resources)
    if not task.resource and len(names) == 1:
        return found
    if task.resource not in names:
        listed = ", ".join(f'"{name}"' for name in names)
        raise TaskFailed(
            Problem(
                code="SRC063",
                what=f"`{task.function}` returned "
                + (
                    f"no dlt resource `{task.resource}`"
                    if task.resource
                    else f"a dlt source with {len(names)} resources"
                ),
                why="each resource is a table of its own, named in the declaration",
                fix=f"write `resources=[{listed}]`, or return one with `.with_resources(...)`",
                where=Where(path=task.path),
            )
        )
    return found if resources is None else found.with_resources(task.resource)


def _plain(item: object) -> object:
    """An item without what dlt notes at it."""
    return getattr(item, "data", item) if type(item).__name__ == "DataItemWithMeta" else item
