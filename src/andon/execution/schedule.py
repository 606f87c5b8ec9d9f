"""Run tasks of a graph on a pool of threads, longest remaining path first."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")


def run_all(
    inputs: Mapping[str, tuple[str, ...]],
    priority: Mapping[str, float],
    perform: Callable[[str], T],
    done: dict[str, T],
    *,
    workers: int,
    should_stop: Callable[[], bool],
) -> None:
    """Perform every name of `priority` once all its inputs that are among them are done.

    Args:
        inputs: name -> names it waits for; names outside `priority` are not waited for.
        priority: the names to perform; among ready ones the largest goes first.
        perform: called on a pool thread; it must not raise for a failure of the task itself.
        done: results by name, filled as they come.
        should_stop: asked before each start; once true nothing begins, what runs is finished.
    """
    waits = {name: {i for i in inputs.get(name, ()) if i in priority} for name in priority}
    readers: dict[str, list[str]] = {}
    for name, needed in waits.items():
        for item in needed:
            readers.setdefault(item, []).append(name)
    ready = [(-priority[name], name) for name, needed in waits.items() if not needed]
    heapq.heapify(ready)
    running: dict[Future[T], str] = {}
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="andon") as pool:
        while ready or running:
            while ready and len(running) < workers and not should_stop():
                _, name = heapq.heappop(ready)
                running[pool.submit(perform, name)] = name
            if not running:
                return
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                name = running.pop(future)
                done[name] = future.result()
                for reader in readers.get(name, ()):
                    waits[reader].discard(name)
                    if not waits[reader]:
                        heapq.heappush(ready, (-priority[reader], reader))
