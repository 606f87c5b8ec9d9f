"""Hold: pin the snapshots of a moment, and make sure that gc had not claimed them before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress

from andon.catalog.records import Snapshot
from andon.catalog.use import Read
from andon.errors import Conflict, Problem, Unavailable
from andon.execution.line import Tools


@contextmanager
def held(
    tools: Tools,
    look: Callable[[], Mapping[str, Snapshot]],
    choose: Callable[[Mapping[str, Snapshot]], tuple[Snapshot, ...]],
    read: Sequence[str] = (),
) -> Iterator[tuple[Snapshot, ...]]:
    """Snapshots chosen of what is served, kept from gc while the context is open.

    Between looking and pinning somebody may publish and gc may claim what was seen; then it looks
    again. What is claimed and yet served (a damaged file) is left for the reader to refuse.

    Args:
        look: asset -> snapshot as served now, or at a fixed moment.
        choose: what of it is wanted; raises if something is missing.
        read: names of the tables whose rows are read; counted if nothing is raised meanwhile.
    """
    before: list[str] = []
    while True:
        chosen = choose(look())
        ids = [snapshot.id for snapshot in chosen]
        with pinned(tools, ids) as noted:
            if ids == before or are_usable(tools, ids):
                yield chosen
                noted.extend(reads_of(tools, read))
                return
        before = ids


@contextmanager
def pinned(tools: Tools, ids: Sequence[str]) -> Iterator[list[Read]]:
    """Keep snapshots from gc for a reader; on a full disk the grace period has to do.

    Only readers may go without a pin: what a run writes is told from leftovers by its pin. What the
    reader puts into the list is counted as read.
    """
    noted: list[Read] = []
    with ExitStack() as stack:
        with suppress(Unavailable):
            noted = stack.enter_context(tools.catalog.pin(ids, "reader"))
        yield noted


def reads_of(tools: Tools, names: Sequence[str]) -> list[Read]:
    """That whoever uses these tools read rows of tables just now."""
    at = tools.clock.now()
    return [Read(asset=name, reader=tools.user(), at=at) for name in dict.fromkeys(names)]


def are_usable(tools: Tools, ids: Sequence[str]) -> bool:
    """Whether gc has claimed none of these; what is pinned and usable stays so."""
    if not ids:
        return True
    found = tools.catalog.snapshots(ids=list(ids))
    return len(found) == len(set(ids)) and all(s.status != "marked" for s in found)


def overtaken(environment: str) -> Conflict:
    """The error of a run that others keep overtaking."""
    return Conflict(
        Problem(
            code="RUN006",
            what=f"somebody else published to `{environment}` again and again meanwhile",
            why="a publication requires every pointer its plan read to be still the same",
            fix="run `andon run` again; what was built is kept and reused",
        )
    )
