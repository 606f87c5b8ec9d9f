"""A run that is killed anywhere while it reads a source: the rerun has what one clean load has."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

import pytest

from tests.factories import rows_of, write_project
from tests.faults.processes import call

TOML = '[project]\nname = "shop"\n[settings]\nthreads = 1\n'
PYTHON = """
from andon import source
import polars as pl

PAGES = [[7, 3], [3, 3, 9], [1], [12, 11]]


def rows(page, cursor):
    return [{{"at": n, "b": f"row {{n}}"}} for n in page if cursor is None or n >= cursor]


@source({declared})
def events({argument}):
    for page in PAGES:
        yield {form}(rows(page, {argument} or None))
"""
APPEND = {"declared": 'mode="append", cursor="at"', "argument": "cursor"}
FULL = {"declared": "", "argument": ""}


def python(form: str, **words: str) -> dict[str, str]:
    code = PYTHON.format(form=form, **words)
    return {"sources/s.py": code.replace("rows(page,  or None)", "rows(page, None)")}


KINDS: dict[str, dict[str, str]] = {
    "python_append_dicts": python("list", **APPEND),
    "python_append_frames": python("pl.DataFrame", **APPEND),
    "python_merge_dicts": python(
        "list", declared='mode="merge", cursor="at", key="b"', argument="cursor"
    ),
    "python_full_dicts": python("list", **FULL),
    "growing_files": {
        "sources/s.yml": "tables:\n  events: {path: logs/*.jsonl, grows: true}\n",
        **{
            f"logs/{name}.jsonl": "".join(f'{{"at": {n}, "b": "x"}}\n' for n in (1, 2, 2)) + '{"at"'
            for name in "ab"
        },
    },
}
"""Files of a project by kind and mode; its one table is `s.events`."""


def loaded(folder: Path) -> list[tuple[object, ...]]:
    return rows_of(folder, "select * exclude (_file, _row) from s.events")


def clean(folder: Path, kind: str) -> list[tuple[object, ...]]:
    """What one undisturbed run loads."""
    write_project(folder, {"andon.toml": TOML, **KINDS[kind]})
    code, _, told = call("run", folder)
    assert code == 0, told
    return loaded(folder)


def disturbed(folder: Path, kind: str, chance: random.Random, kills: int) -> list[int]:
    """Kill runs at random steps, then let one end; the exit codes."""
    write_project(folder, {"andon.toml": TOML, **KINDS[kind]})
    codes = []
    for _ in range(kills):
        code, _, told = call("run", folder, step="", nth=chance.randint(1, 70))
        assert code in (0, -signal.SIGKILL), told
        codes.append(code)
    assert call("run", folder)[0] == 0
    return codes


def judge(folder: Path, kind: str, seed: int, times: int, kills: int) -> None:
    expected = clean(folder / "clean", kind)
    assert expected
    chance = random.Random(seed)
    for number in range(times):
        place = folder / f"disturbed-{number}"
        codes = disturbed(place, kind, chance, kills)
        assert loaded(place) == expected, f"seed {seed}, time {number}, exit codes {codes}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_run_loses_and_repeats_nothing(tmp_path: Path, kind: str) -> None:
    judge(tmp_path, kind, seed=int(os.environ.get("ANDON_SEED", "7")), times=1, kills=2)


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_many_killed_runs_lose_and_repeat_nothing(tmp_path: Path, kind: str) -> None:
    seed = int(os.environ.get("ANDON_SEED", "0")) or random.randrange(1 << 30)
    print(f"ANDON_SEED={seed}")
    judge(tmp_path, kind, seed, times=40, kills=3)
