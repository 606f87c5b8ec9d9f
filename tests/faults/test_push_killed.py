"""Pushed documents, and the runs that read them, killed anywhere: nothing that was told is lost.

Who pushes cannot know of the last chunk before a kill: it may be kept and not told. It sends again what
comes after the last bytes that it was told, so of each kill at most that one chunk comes twice.
"""

from __future__ import annotations

import json
import os
import random
import signal
from collections import Counter
from pathlib import Path

import pytest

import andon
from tests.factories import rows_of, write_project
from tests.faults.processes import call, feed

FILES = {
    "andon.toml": '[project]\nname = "shop"\n[settings]\nthreads = 1\n',
    "sources/s.yml": "connection: {kind: push}\ntables: {events: {columns: {n: INTEGER}}}\n",
}
DOCUMENTS = [f'{{"n": {n}, "text": "{"x" * (n % 70)}"}}\n' for n in range(5000)]
STREAM = "".join(DOCUMENTS)


CHUNK = (1 << 16) + 9_000
"""Bytes that are read at once, and those that waited for them."""


class Producer:
    """Sends the stream again from what it was told; knows what was kept beyond that."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder, self.chance = folder, chance
        self.told, self.kept, self.killed = 0, Counter[int](), 0

    def send(self, nth: int) -> bool:
        """Push the rest, to be killed at a step (0: not at all); whether all of it was told."""
        rest = STREAM[self.told :]
        before = self._bytes()
        code, told, err = feed("push", self.folder, rest, most_bytes=9_000, nth=nth)
        assert code in (0, -signal.SIGKILL), err
        self.killed += code != 0
        got = told[-1]["bytes"] if told else 0
        kept = self._bytes()[len(before) :].decode()
        assert rest.startswith(kept), "other bytes than were sent"
        assert len(kept) >= got, "told and lost"
        assert code != 0 or len(kept) == got == len(rest)
        assert len(kept) - got <= CHUNK, "more than one chunk was not told"
        self.kept.update(_numbers(kept))
        self.told += got
        return self.told == len(STREAM)

    def _bytes(self) -> bytes:
        """What is recorded and durable, in order."""
        with andon.open(self.folder) as project:
            found = project._session.wired(project.spec).tools.catalog.deliveries("s.events")
        parts = sorted(found, key=lambda delivery: delivery.number)
        places = (self.folder / ".andon/raw" / p.content[:2] / p.content for p in parts)
        return b"".join(place.read_bytes() for place in places)


def _numbers(text: str) -> list[int]:
    return [json.loads(line)["n"] for line in text.splitlines()]


def assert_nothing_told_is_lost(folder: Path, seed: int, least: int) -> None:
    """Push the stream again and again until so many pushes and runs were killed."""
    chance, killed, times, doubled = random.Random(seed), 0, 0, 0
    while killed < least:
        place = write_project(folder / f"{times}", FILES)
        producer, runs = Producer(place, chance), 0
        while not producer.send(chance.randint(1, 90)):
            code, _, err = call("run", place, nth=chance.randint(1, 90))
            assert code in (0, -signal.SIGKILL), err
            runs += code != 0
        assert call("run", place)[0] == 0
        rows = Counter(n for (n,) in rows_of(place, "select n from s.events"))
        assert rows == producer.kept, f"seed {seed}, time {times}"
        assert set(rows) == set(range(len(DOCUMENTS))), f"seed {seed}, time {times}"
        killed, times = killed + producer.killed + runs, times + 1
        doubled += rows.total() - len(rows)
    print(f"push: seed {seed}, {killed} killed in {times} streams, {doubled} documents sent twice")


def test_a_killed_push_loses_nothing_that_was_told_and_repeats_one_chunk_at_most(
    tmp_path: Path,
) -> None:
    assert_nothing_told_is_lost(tmp_path, seed=int(os.environ.get("ANDON_SEED", "7")), least=2)


@pytest.mark.soak
def test_pushes_killed_at_fifty_random_points_lose_nothing_that_was_told(tmp_path: Path) -> None:
    seed = int(os.environ.get("ANDON_SEED", "0")) or random.randrange(1 << 30)
    assert_nothing_told_is_lost(tmp_path, seed, least=50)
