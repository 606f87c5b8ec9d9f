"""Trying again what may succeed in a moment, a bounded number of times."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from andon.sources.remote.failures import Failure

T = TypeVar("T")
ATTEMPTS = 5
FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 8.0


def retrying(
    ask: Callable[[], T],
    *,
    attempts: int = ATTEMPTS,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """What `ask` gives; a transient failure is tried again after a growing wait, others never.

    Raises:
        Failure: the last one, once all attempts are used up.
    """
    for attempt in range(1, attempts + 1):
        try:
            return ask()
        except Failure as failure:
            if not failure.is_transient or attempt == attempts:
                raise
            asked_s = failure.wait_s
        # Many readers that failed together must not come back together.
        longest = min(FIRST_WAIT_S * 3 ** (attempt - 1), LONGEST_WAIT_S)
        sleep(max(asked_s, longest * (0.5 + random.random() / 2)))  # noqa: S311  (no secret)
    raise AssertionError("unreachable")
