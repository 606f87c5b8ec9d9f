"""The example of every kind of source: each lands byte for byte, and becomes a table."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

import andon
from tests.factories import andon_command, child_environment, rows_of, run_andon

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "everything"
VISITS = (EXAMPLE / "visits.jsonl").read_bytes()
DAILY = "select day::varchar, place, revenue::float, sales from marts.daily order by all"


@pytest.fixture
def api() -> Iterator[str]:
    """The example's own API on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(EXAMPLE / "serve.py"), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline().strip() == str(port).encode()
        yield f"http://127.0.0.1:{port}"
        server.kill()


@pytest.fixture
def shop(tmp_path: Path, api: str) -> Path:
    """A copy of the example that ran once."""
    folder = shutil.copytree(
        EXAMPLE, tmp_path / "shop", ignore=shutil.ignore_patterns(".andon", "prod.duckdb")
    )
    tracker = folder / "sources" / "tracker.yml"
    tracker.write_text(tracker.read_text().replace("http://127.0.0.1:8899", api))
    push(folder, VISITS)
    done = run_andon(folder, "run")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def push(folder: Path, documents: bytes) -> None:
    command = andon_command(folder, "source", "push", "stream.visits")
    subprocess.run(
        command, env=child_environment(), input=documents, check=True, timeout=60,
        capture_output=True,
    )  # fmt: skip


def test_every_kind_lands_byte_for_byte(shop: Path, api: str) -> None:
    kept = {path.name for path in (shop / ".andon" / "raw").rglob("*") if path.is_file()}
    sources = [path.read_bytes() for path in sorted((shop / "data").rglob("*")) if path.is_file()]
    sources = [one for one in sources if not one.startswith(b"SQLite format")]
    for page in (1, 2):
        with urllib.request.urlopen(f"{api}/issues?since=2026-01-01&page={page}") as answer:  # noqa: S310
            sources.append(answer.read())
    assert {sha256(one).hexdigest() for one in (*sources, VISITS)} <= kept
    raw = shop / ".andon" / "raw"
    files = [path for path in raw.rglob("*") if path.is_file()]
    assert all(sha256(path.read_bytes()).hexdigest() == path.name for path in files)


def test_what_was_sold_is_told_by_day_and_place(shop: Path) -> None:
    assert rows_of(shop, DAILY) == [
        ("2026-03-01", "till", 16.75, 2),
        ("2026-03-01", "web", pytest.approx(24.9), 2),
        ("2026-03-02", "till", 8.0, 1),
        ("2026-03-02", "web", pytest.approx(19.9), 1),
    ]
    assert rows_of(shop, "select issue, lines from marts.complaints order by all") == [
        (1, 2),
        (3, 5),
    ]


def test_a_day_more_makes_that_day_only(shop: Path) -> None:
    with sqlite3.connect(shop / "data" / "till.db") as till:
        till.execute("insert into receipts values (4, '2026-03-03 10:00:00', 3.5)")
    till.close()
    with andon.open(shop) as project:
        outcomes = {one.asset: one for one in project.run().outcomes}
    assert outcomes["marts.daily"].note == "1 of 3 days"
    assert rows_of(shop, DAILY)[-1] == ("2026-03-03", "till", 3.5, 1)


def test_nothing_new_publishes_nothing(shop: Path) -> None:
    with andon.open(shop) as project:
        assert project.run().publication is None
