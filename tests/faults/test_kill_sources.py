"""A run that is killed anywhere while it reads a source: the rerun has what one clean load has."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path
from shutil import rmtree

import pytest

from tests.factories import rows_of, write_project
from tests.faults.processes import call

TOML = '[project]\nname = "shop"\n[settings]\nthreads = 1\n'
PYTHON = """
from andon import source
import polars as pl
import pyarrow as pa

PAGES = [[7, 3], [3, 3, 9], [1], [12, 11]]


def rows(page, cursor):
    return [{{"at": n, "b": f"row {{n}}"}} for n in page if cursor is None or n >= cursor]


@source({declared})
def events({argument}):
    for page in PAGES:
        yield {form}(rows(page, {argument} or None))
"""
APPEND = {"declared": 'mode="append", cursor="at"', "argument": "cursor"}
MERGE = {"declared": 'mode="merge", cursor="at", key="b"', "argument": "cursor"}
FULL = {"declared": "", "argument": ""}


def python(form: str, **words: str) -> dict[str, str]:
    code = PYTHON.format(form=form, **words)
    return {"sources/s.py": code.replace("rows(page,  or None)", "rows(page, None)")}


KINDS: dict[str, dict[str, str]] = {
    "python_append_dicts": python("list", **APPEND),
    "python_append_frames": python("pl.DataFrame", **APPEND),
    "python_merge_dicts": python("list", **MERGE),
    "python_full_dicts": python("list", **FULL),
    "python_full_frames": python("pl.DataFrame", **FULL),
    "python_append_arrow": python("pa.Table.from_pylist", **APPEND),
    "python_merge_arrow": python("pa.Table.from_pylist", **MERGE),
    "python_full_arrow": python("pa.Table.from_pylist", **FULL),
    "growing_files": {
        "sources/s.yml": "tables:\n  events: {path: logs/*, grows: true, format: jsonl}\n",
        "logs/a.jsonl": "",
        "logs/b.jsonl": "",
    },
}
"""Files of a project by kind and mode; its one table is `s.events`."""

WRITTEN = [
    '{"at": 1, "b": "x"}\n{"at": 2, "b',
    '": "x"}\n{"at": 2, "b": "x"}\n',
    '{"at": 3, "b": "y"}\n',
]
"""What a program writes to a file that grows, piece by piece; the first one ends in half a line."""


def go_on(folder: Path, piece: int) -> None:
    """The outside world goes on between two runs: files grow, and one is rotated."""
    logs = folder / "logs"
    if not logs.is_dir() or piece >= len(WRITTEN):
        return
    if piece == len(WRITTEN) - 1:
        (logs / "a.jsonl").rename(logs / "a.1.jsonl")
    for name in "ab":
        with (logs / f"{name}.jsonl").open("a") as file:
            file.write(WRITTEN[piece])


def loaded(folder: Path) -> list[tuple[object, ...]]:
    return rows_of(folder, "select * exclude (_file, _row) from s.events")


def clean(folder: Path, kind: str) -> list[tuple[object, ...]]:
    """What one undisturbed run loads when all is there."""
    write_project(folder, {"andon.toml": TOML, **KINDS[kind]})
    for piece in range(len(WRITTEN)):
        go_on(folder, piece)
    code, _, told = call("run", folder)
    assert code == 0, told
    return loaded(folder)


def disturbed(folder: Path, kind: str, chance: random.Random, kills: int) -> list[int]:
    """Kill runs at random steps, then let one end; the exit codes."""
    write_project(folder, {"andon.toml": TOML, **KINDS[kind]})
    codes = []
    for number in range(kills):
        go_on(folder, number)
        code, _, told = call("run", folder, step="", nth=chance.randint(1, 70))
        assert code in (0, -signal.SIGKILL), told
        codes.append(code)
    for piece in range(kills, len(WRITTEN)):
        go_on(folder, piece)
    assert call("run", folder)[0] == 0
    return codes


def assert_each_ends_as_the_clean_one(
    folder: Path, kind: str, seed: int, least: int, kills: int
) -> None:
    """Disturb projects until so many runs were killed; each ends as the clean one."""
    expected = clean(folder / "clean", kind)
    assert expected
    chance, killed, number = random.Random(seed), 0, 0
    while killed < least:
        place = folder / f"disturbed-{number}"
        codes = disturbed(place, kind, chance, kills)
        assert loaded(place) == expected, f"seed {seed}, time {number}, exit codes {codes}"
        rmtree(place)
        killed, number = killed + codes.count(-signal.SIGKILL), number + 1
    print(f"{kind}: seed {seed}, {killed} runs killed in {number} projects")


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_run_loses_and_repeats_nothing(tmp_path: Path, kind: str) -> None:
    assert_each_ends_as_the_clean_one(
        tmp_path, kind, seed=int(os.environ.get("ANDON_SEED", "7")), least=1, kills=2
    )


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_runs_killed_at_fifty_random_points_lose_and_repeat_nothing(
    tmp_path: Path, kind: str
) -> None:
    seed = int(os.environ.get("ANDON_SEED", "0")) or random.randrange(1 << 30)
    print(f"ANDON_SEED={seed}")
    assert_each_ends_as_the_clean_one(tmp_path, kind, seed, least=50, kills=3)
