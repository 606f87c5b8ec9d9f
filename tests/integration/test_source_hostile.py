"""Files that lie, overflow or cannot be read."""

from __future__ import annotations

import json
import os
import resource
from pathlib import Path

import pytest

import andon
from andon.spec.check import Tolerance
from tests.factories import rows_of, write_project
from tests.sourcing import project, table


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


def nameless(folder: Path) -> Path:
    return Path(os.fsdecode(os.fsencode(folder) + b"/data/\xff.csv"))


@pytest.mark.parametrize("more", ["", "    grows: true\n    format: csv\n"])
def test_a_file_whose_name_is_no_text_is_left_out_and_told_on_every_run(
    tmp_path: Path, more: str
) -> None:
    source = f"tables:\n  t:\n    path: data/*\n{more}"
    write_project(tmp_path, {"sources/raw.yml": source, "data/a.csv": "x\n1\n"})
    nameless(tmp_path).write_bytes(b"x\n2\n")
    for status in ("done", "nothing"):
        with andon.open(tmp_path) as project:
            report = project.run()
        (told,) = report.warnings
        assert (report.exit_code, report.status) == (0, status)
        assert (told.code, "\\xff.csv" in told.what) == ("SRC003", True)
    assert rows_of(tmp_path, "select x from raw.t") == [(1,)]


def test_a_table_of_nothing_but_nameless_files_is_told(tmp_path: Path) -> None:
    source = "tables:\n  t:\n    path: data/*\n"
    write_project(tmp_path, {"sources/raw.yml": source, "data/.keep": ""})
    nameless(tmp_path).write_bytes(b"x\n2\n")
    with andon.open(tmp_path) as project:
        report = project.run()
    assert report.exit_code == 1
    assert [p.code for p in report.outcomes[0].problems] == ["SRC003"]


@pytest.mark.parametrize("opening", ['{"a":', "["])
@pytest.mark.parametrize("depth", [101, 1000, 100_000])
@pytest.mark.parametrize("name", ["deep.json", "deep.jsonl", "items.json"])
def test_a_document_a_thousand_deep_breaks_nothing_else(
    tmp_path: Path, name: str, depth: int, opening: str
) -> None:
    closing = {"{": "}", "[": "]"}[opening[0]]
    deep = '{"x":' + opening * depth + "1" + closing * depth + "}"
    records = ", records: d" if name == "items.json" else ""
    text = f'{{"d": [{deep}, {{"x": 2}}]}}' if records else f"{deep}\n"
    write_project(
        tmp_path,
        {
            "sources/deep.yml": f"tables:\n  t: {{path: {name}{records}}}\n",
            "sources/raw.yml": "tables:\n  t: {path: data/a.jsonl}\n",
            "assets/staging/t.sql": "select a from raw.t\n",
            "data/a.jsonl": '{"a": {"b": 1}}\n',
            name: text,
        },
    )
    with andon.open(tmp_path) as shop:
        report = shop.run()
    words = {outcome.asset: outcome.word for outcome in report.outcomes}
    assert (words["raw.t"], words["staging.t"], words["deep.t"]) == ("built", "built", "failed")
    failed = next(outcome for outcome in report.outcomes if outcome.asset == "deep.t")
    assert failed.problems[0].code in ("SRC003", "SRC007", "SRC014")
    assert "100 deep" in failed.problems[0].what


def test_a_document_a_hundred_deep_is_read(tmp_path: Path) -> None:
    text = b'{"a":' * 100 + b"1" + b"}" * 100
    assert len(rows_of(landed(tmp_path, "a.jsonl", text), "from raw.t")) == 1


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_row_of_a_hundred_megabytes_is_set_aside_in_little_memory(
    tmp_path: Path, name: str
) -> None:
    first, open_, close, last = (
        (b"a,b\n1,x\n2,", b"", b"", b"\n3,z\n")
        if name == "a.csv"
        else (b'{"a": 1}\n{"b": ', b'"', b'"}', b'\n{"a": 3}\n')
    )
    with (tmp_path / name).open("wb") as out:
        out.write(first + open_)
        for _ in range(100):
            out.write(b"y" * 1_000_000)
        out.write(close + last)
    declared = table(name, limit=Tolerance(share=0.5))
    with project(tmp_path) as shop:
        shop.arrive(declared)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        raw = shop.build(declared)
        assert [row[0] for row in shop.rows(raw)] == [1, 3]
        ((_, line, reason, text),) = shop.rows(raw, "aside")
    assert reason.startswith("longer than")
    assert line == (3 if name == "a.csv" else 2)
    assert len(text) < 100_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000


def test_a_document_of_more_fields_than_a_table_may_have_is_refused(tmp_path: Path) -> None:
    text = json.dumps({f"k{n}": 1 for n in range(20_000)}).encode()
    assert "has 20,000 columns" in refusal(tmp_path, "a.jsonl", text)


def test_a_text_of_invalid_bytes_everywhere_is_told(tmp_path: Path) -> None:
    assert "encoding" in refusal(tmp_path, "a.csv", bytes(range(128, 256)) * 50 + b",b\n")
