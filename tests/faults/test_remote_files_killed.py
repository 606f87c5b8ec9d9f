"""Loads of remote files that are killed at any moment: what is there afterwards is one clean load."""

from __future__ import annotations

import os
import random
import signal
from hashlib import sha256
from pathlib import Path
from shutil import rmtree

import pytest

from tests.factories import rows_of, write_project
from tests.faults.processes import call
from tests.remotes import Remote, source
from tests.webserver import PlainHttp

NAMES = [f"in/{number:02}.csv" for number in range(12)]
MANNERS = ("", "tagless", "chunked", "chunked tagless")
SMALL, LARGE = 3, 3000
"""Rows of a file: a large one comes in several pieces."""


@pytest.fixture(params=["s3", "web", "sftp"])
def place(request: pytest.FixtureRequest) -> Remote:
    """An object store, a web server, an SSH server."""
    found: Remote = request.getfixturevalue(request.param)
    return found


class Load:
    """A project in a folder that loads files of a place, and what the place ever held."""

    def __init__(self, folder: Path, place: Remote, chance: random.Random) -> None:
        self.folder, self._place, self._chance = folder, place, chance
        self._held: dict[str, bytes] = {}
        self._ever: set[str] = set()
        paths = ["in/*.csv"]
        if isinstance(place, PlainHttp):  # lists nothing, so all that may come are named
            paths = NAMES
            place.manners.update(zip(NAMES, MANNERS * len(NAMES), strict=False))
        self._files = {"sources/raw.yml": source(place, *paths)}
        write_project(folder, self._files)

    def edit(self) -> None:
        """Files come, are replaced by ones of the same length, or get the bytes of another one."""
        for name in self._chance.sample(NAMES, self._chance.randint(1, 4)):
            rows = LARGE if self._chance.random() < 0.2 else SMALL
            word = f"{self._chance.randrange(6)}" * 90
            content = b"id,word\n" + b"".join(b"%d,%s\n" % (n, word.encode()) for n in range(rows))
            if self._held and self._chance.random() < 0.2:
                content = self._chance.choice(sorted(self._held.values()))
            if isinstance(self._place, PlainHttp):
                self._place.put(name, content, age_s=0)
            else:
                self._place.put(name, content)
            self._held[name] = content
            self._ever.add(digest_of(content))

    def run(self, **killed: float) -> int:
        """One run that records a few files at a time; its exit code."""
        few = self._chance.randint(1, 4)
        code, said, err = call("run", self.folder, batch_files=few, **killed)
        assert code in (0, -signal.SIGKILL), err
        if code == 0 and said[-1]["steps"]:
            self.steps, self.took_s = said[-1]["steps"], said[-1]["took_s"]
        return code

    def judge(self) -> None:
        """One run to the end leaves what a fresh load of the same files has, and bytes as they are."""
        assert self.run() == 0
        fresh = self.folder.with_name(f"{self.folder.name}-fresh")
        write_project(fresh, self._files)
        code, _, err = call("run", fresh)
        assert code == 0, err
        everything = "select * from raw.t"
        assert rows_of(self.folder, everything) == rows_of(fresh, everything)
        kept, kept_fresh = raw_of(self.folder), raw_of(fresh)
        assert kept_fresh == set(map(digest_of, self._held.values()))
        assert kept_fresh <= kept <= self._ever
        rmtree(fresh)


def digest_of(content: bytes) -> str:
    return sha256(content).hexdigest()


def raw_of(folder: Path) -> set[str]:
    """Names of all landed bytes, each of which is the hash of what the file holds."""
    files = list((folder / ".andon" / "raw").glob("*/*"))
    assert [file for file in files if file.name != digest_of(file.read_bytes())] == []
    return {file.name for file in files}


def killed_and_run_again(load: Load, chance: random.Random, kills: int) -> None:
    """Kill runs, half of them at a step and half at a time, and change files between them; about
    every third one is followed by one to the end, which is judged."""
    load.edit()
    load.judge()
    killed = 0
    while killed < kills:
        load.edit()
        if chance.random() < 0.5:
            code = load.run(nth=chance.randint(1, load.steps))
        else:
            code = load.run(after_s=chance.random() * load.took_s)
        killed += code == -signal.SIGKILL
        if killed == kills or chance.random() < 0.3:
            load.judge()


def tried(folder: Path, place: Remote, seed: int, kills: int) -> None:
    """Do it with this seed; a failure names it."""
    chance = random.Random(seed)
    try:
        killed_and_run_again(Load(folder / "load", place, chance), chance, kills)
    except AssertionError as failure:
        failure.add_note(f"ANDON_FAULT_SEED={seed}")
        raise
    print(f"{type(place).__name__}: ANDON_FAULT_SEED={seed}, {kills} runs killed")


def test_remote_files_killed_at_any_moment_end_as_one_fresh_load(
    tmp_path: Path, place: Remote
) -> None:
    tried(tmp_path, place, int(os.environ.get("ANDON_FAULT_SEED", "5")), kills=4)


@pytest.mark.soak
def test_remote_files_killed_fifty_times_end_as_one_fresh_load(
    tmp_path: Path, place: Remote
) -> None:
    seed = int(os.environ.get("ANDON_FAULT_SEED", str(int.from_bytes(os.urandom(3)))))
    tried(tmp_path, place, seed, kills=50)
