"""Named steps of every durable effect, so that a test can fail or kill at each of them."""

from __future__ import annotations

from collections.abc import Callable

OnStep = Callable[[str], None]
"""Called with the name of a step; what it raises is treated as a failure of that step."""

TABLE_STEPS = (
    "stage",
    "hash",
    "fsync_file",
    "fsync_file_after",
    "make_folder",
    "rename",
    "rename_after",
    "fsync_dir",
    "fsync_dir_after",
    "remove",
)
"""Steps of the table store, in the order in which one kept file meets them."""

CATALOG_STEPS = (
    "begin",
    "begin_after",
    "requirements",
    "updates",
    "commit_before",
    "commit_after",
)
"""Steps of one commit of the catalog, in order."""

STEPS = TABLE_STEPS + CATALOG_STEPS


def ignore(_step: str) -> None:
    """Go on; the hook of every real run."""
