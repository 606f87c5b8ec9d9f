"""Files that lie, overflow or cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import andon
from tests.factories import rows_of, write_project


def landed(folder: Path, name: str, content: bytes) -> Path:
    """A project that reads every file of its data folder as raw.t, run once."""
    source = {"sources/raw.yml": "tables:\n  t:\n    path: data/*\n"}
    write_project(folder, {**source, "data/.keep": ""})
    (folder / "data" / name).write_bytes(content)
    return run(folder)


def run(folder: Path) -> Path:
    with andon.open(folder) as project:
        project.run()
    return folder


def refusal(folder: Path, name: str, content: bytes) -> str:
    """Why raw.t was not published."""
    landed(folder, name, content)
    with andon.open(folder) as project:
        report = project.run()
    return " ".join(held.reason for held in report.held)


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        (b'{"a": 123456789012345678901234567890}\n', "123456789012345678901234567890"),
        (b'{"a": -9223372036854775809}\n', "-9223372036854775809"),
        (b'{"a": 9007199254740993}\n{"a": 0.5}\n', "9007199254740993"),
        (b'{"a": 10000000000000000000}\n{"a": 2}\n', "10000000000000000000"),
        (b'{"a": ' + b"9" * 45 + b"}\n", "9" * 45),
    ],
)
def test_whole_numbers_of_json_keep_every_digit(
    tmp_path: Path, documents: bytes, expected: str
) -> None:
    folder = landed(tmp_path, "a.jsonl", documents)
    found = rows_of(folder, "select a::varchar from raw.t where _row = 1")
    assert found == [(expected,)]


def test_nested_numbers_of_json_keep_every_digit(tmp_path: Path) -> None:
    text = b'{"n": {"x": [123456789012345678901, 1], "p": 1.5}, "q": [{"u": 10000000000000000000}]}'
    folder = landed(tmp_path, "a.jsonl", text)
    found = rows_of(folder, "select n.x[1], n.p, q[1].u from raw.t")
    assert found == [("123456789012345678901", 1.5, 10**19)]


def test_numbers_that_a_double_holds_stay_numbers(tmp_path: Path) -> None:
    folder = landed(tmp_path, "a.jsonl", b'{"a": 1.2345678901234567, "b": 10000000000000000.5}')
    assert rows_of(folder, "select typeof(a), typeof(b) from raw.t") == [("DOUBLE", "DOUBLE")]


@pytest.mark.parametrize("content", [b"5", b"[1, 2, 3]", b'"text"', b"["])
def test_a_json_file_without_objects_is_refused_not_read_as_empty(
    tmp_path: Path, content: bytes
) -> None:
    assert "cannot be read" in refusal(tmp_path, "a.json", content)


@pytest.mark.parametrize("content", [b"", b"[]", b" [\n] ", b"\xef\xbb\xbf[]"])
def test_an_empty_json_file_is_a_delivery_without_rows(tmp_path: Path, content: bytes) -> None:
    assert rows_of(landed(tmp_path, "a.json", content), "from raw.t") == []


def test_a_json_document_nested_too_deeply_is_told(tmp_path: Path) -> None:
    text = b'{"a":' * 3000 + b"1" + b"}" * 3000
    assert "nested more than 100 deep" in refusal(tmp_path, "a.jsonl", text)


def test_a_file_of_nul_bytes_is_refused_not_read_as_empty(tmp_path: Path) -> None:
    assert "NUL" in refusal(tmp_path, "a.csv", b"\0" * 5000)


def test_links_that_lead_nowhere_are_left_out(tmp_path: Path) -> None:
    folder = landed(tmp_path, "a.csv", b"x\n1\n")
    (folder / "data" / "loop.csv").symlink_to("loop.csv")
    (folder / "data" / "gone.csv").symlink_to("gone")
    assert rows_of(run(folder), "select x from raw.t") == [(1,)]


def test_a_name_that_is_no_text_is_told(tmp_path: Path) -> None:
    folder = landed(tmp_path, "a.csv", b"x\n1\n")
    Path(os.fsdecode(os.fsencode(folder) + b"/data/\xff.csv")).write_bytes(b"x\n2\n")
    with andon.open(folder) as project:
        report = project.run()
    assert report.exit_code == 1
    assert "\\xff.csv" in report.outcomes[0].problems[0].what
    assert report.outcomes[0].problems[0].code == "SRC003"
    assert rows_of(folder, "select x from raw.t") == [(1,)]
