"""Pages whose commands run: fenced blocks are read, carried out in order, and compared.

    ```sql assets/staging/orders.sql      a block with a path is written to that file
    ```console                            lines that begin with `$ ` run; the rest is their output

`<!-- server: postgres -->` (or `mariadb`) gives the page an empty server of its own, which its commands
find by the variables that the server's own client reads.

A line `...` in an output stands for any lines. `ANDON_GOLDEN=rewrite` writes what was seen into
the page, where it differs; the diff is to be reviewed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tests import databases

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^```(?P<info>[^\n`]+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_STARTER = "<!-- project: starter -->"
_SERVER = re.compile(r"<!-- server: (postgres|mariadb) -->")
_TASK = re.compile(r"(ok|warn|FAIL|same|reuse|audit|held|stop|aside|schema|landed)\b")
_VARYING = (
    (re.compile(r"\b\d+(?:\.\d+)? (?:ms|s)\b"), "<seconds>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?"), "<time>"),
    (re.compile(r"\b[0-9a-f]{24}\b"), "<id>"),
    (re.compile(r"\b[\d,.]+ (?:bytes|KB|MB|kB)"), "<size>"),
    (re.compile(r"\b[\d,.]+ days old"), "<age>"),
    (re.compile(r"\b(andon|duckdb|Python) \d+(?:\.\d+)+"), r"\1 <version>"),
    (re.compile(r"-{2,}"), "--"),
    (re.compile(r"─{2,}"), "──"),
    (re.compile(r"[ \t]+"), " "),
)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block and where its body stands in the page."""

    language: str
    path: str
    body: str
    start: int
    end: int


def blocks_of(text: str) -> Iterator[Block]:
    """All fenced blocks with a language, in order."""
    for found in _FENCE.finditer(text):
        language, _, path = found["info"].strip().partition(" ")
        yield Block(language, path.strip(), found["body"], found.start("body"), found.end("body"))


def steps_of(body: str) -> list[tuple[str, str]]:
    """Commands of a console block with the output that stands below each."""
    steps: list[tuple[str, str]] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], ""))
        elif steps and steps[-1][0].endswith("\\") and not steps[-1][1]:
            steps[-1] = (f"{steps[-1][0]}\n{line}", "")
        elif steps:
            steps[-1] = (steps[-1][0], f"{steps[-1][1]}{line}\n")
    return steps


class Reader:
    """Somebody who follows a page in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._place = folder
        bin_ = Path(sys.executable).parent
        self._environment = {
            "PATH": f"{bin_}:/usr/local/bin:/usr/bin:/bin",
            "PYTHONPATH": os.environ.get("PYTHONPATH", str(ROOT / "src")),
            "HOME": str(folder),
            "ANDON_USER": "ana",
            "COLUMNS": "100",
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
        }

    def write(self, path: str, text: str) -> None:
        """Write a file of the page, relative to where the reader is."""
        target = self._place / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")

    def run(self, command: str) -> str:
        """Run a command and give all it prints; a later command goes on in the same folder."""
        note = self.folder / ".place"
        done = subprocess.run(
            ["/bin/bash", "-c", f"{command}\ncode=$?\npwd > {note}\nexit $code"],
            cwd=self._place,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"$ {command}\n{done.stdout}\nexit code {done.returncode}"
        self._place = Path(note.read_text("utf-8").strip())
        return done.stdout

    def follow(self, page: Path) -> str:
        """Do what a page says; the answer is its text with the outputs that were seen."""
        text = page.read_text("utf-8")
        wanted = _SERVER.search(text)
        if wanted is None:
            return self._follow(text)
        with _server(wanted[1]) as variables:
            self._environment.update(variables)
            return self._follow(text)

    def _follow(self, text: str) -> str:
        if _STARTER in text:
            self.run("andon init shop && cd shop")
        pieces: list[str] = []
        at = 0
        for block in blocks_of(text):
            if block.path:
                self.write(block.path, block.body)
            elif block.language == "console":
                pieces += [text[at : block.start], self._carry_out(block.body)]
                at = block.end
        return "".join([*pieces, text[at:]])

    def _carry_out(self, body: str) -> str:
        seen = []
        for command, expected in steps_of(body):
            output = "\n".join(line.rstrip() for line in self.run(command).rstrip().splitlines())
            output = f"{output}\n" if output else ""
            seen.append(f"$ {command}\n{expected if agrees(expected, output) else output}")
        return "".join(seen)


@contextmanager
def _server(kind: str) -> Iterator[dict[str, str]]:
    """A server with an empty database `shop`, and the variables by which its client finds it."""
    if kind == "postgres":
        with databases.postgres() as server:
            with databases.postgres_session(server) as execute:
                execute("create database shop")
            yield {
                "PGHOST": "127.0.0.1",
                "PGPORT": str(server.port),
                "PGDATABASE": "shop",
                "PGUSER": databases.ADMIN,
                "PGPASSWORD": databases.PASSWORD,
            }
        return
    with databases.mariadb() as server:
        with databases.mariadb_session(server) as execute:
            execute("create database shop")
        yield {
            "MYSQL_HOST": "127.0.0.1",
            "MYSQL_TCP_PORT": str(server.port),
            "MYSQL_PWD": databases.PASSWORD,
            "MYSQL_USER": databases.ADMIN,
        }


def agrees(expected: str, output: str) -> bool:
    """Whether an output is the expected one but for times, ids, sizes and the order of tasks."""
    pattern = "\n".join(
        ".*" if line.strip() == "..." else re.escape(line) for line in _plain(expected)
    )
    return re.fullmatch(pattern, "\n".join(_plain(output)), re.DOTALL) is not None


def _plain(text: str) -> list[str]:
    for pattern, word in _VARYING:
        text = pattern.sub(word, text)
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    found: list[str] = []
    for is_task, run in groupby(lines, key=lambda line: _TASK.match(line) is not None):
        together = list(run)
        found += sorted(together) if is_task else together
    return found


def pages() -> list[Path]:
    """Every page of the documentation."""
    return [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "CHANGELOG.md",
        *sorted((ROOT / "docs").rglob("*.md")),
    ]


def runs(page: Path) -> bool:
    """Whether a page holds commands that are carried out."""
    return any(b.language == "console" for b in blocks_of(page.read_text("utf-8")))


def check(page: Path, folder: Path) -> None:
    """Follow a page and compare; rewrites it instead if the environment asks for it."""
    seen = Reader(folder).follow(page)
    if os.environ.get("ANDON_GOLDEN") == "rewrite":
        page.write_text(seen, "utf-8")
    assert seen == page.read_text("utf-8")
