"""How a run is to go."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from andon.app.preparing.selection import EVERYTHING, Selection
from andon.execution.outcome import Observer, ignore
from andon.planning.slices import ANY, Limits


class Order(Struct, frozen=True, kw_only=True):
    """How a run is to go.

    Attributes:
        fail_fast: begin nothing more after the first failure.
        stopping: asked before each start; true after the first Ctrl-C.
        workers: tasks at a time.
        limits: which intervals of incremental assets may be run.
    """

    environment: str
    selection: Selection = EVERYTHING
    fail_fast: bool = False
    observer: Observer = ignore
    stopping: Callable[[], bool] = lambda: False
    workers: int = 2
    limits: Limits = ANY
