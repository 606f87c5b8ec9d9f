"""A process that publishes to a catalog; run as a script by the tests of this folder.

Arguments: catalog file, name of the worker, number of publications, and optionally a step of the
store at which the process kills itself during the last of them.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from andon.catalog.commit import AddSnapshot, Commit, Emit, Publish
from andon.events import Published
from andon.stores.sqlite.catalog import SqliteCatalog
from tests.conformance.catalog_records import publication, snapshot


def commit_of(worker: str, turn: int) -> Commit:
    """Two snapshots, their publication and its event: all or nothing."""
    name = f"{worker}-{turn}"
    pair = [snapshot(f"{name}-{side}", f"m.{worker}_{side}") for side in "ab"]
    moved = publication(name, *((s.asset, None, s.id) for s in pair))
    event = Published(run_id="r", publication_id=name, environment="prod", changed=2, held=0)
    added = tuple(AddSnapshot(snapshot=s) for s in pair)
    return Commit(updates=(*added, Publish(publication=moved), Emit(event=event)))


def main(path: str, worker: str, turns: str, fatal: str = "") -> None:
    """Publish so many times; at the fatal step of the last turn, die without cleaning up."""
    is_last = False

    def on_step(step: str) -> None:
        if is_last and step == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    catalog = SqliteCatalog(Path(path), on_step=on_step)
    for turn in range(int(turns)):
        is_last = turn == int(turns) - 1
        catalog.commit(commit_of(worker, turn), datetime.now(UTC))
    catalog.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
