"""What real files do wrong: each is read right or set aside with its reason, never dropped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from andon.errors import TaskFailed
from andon.spec.check import Tolerance
from andon.spec.source import CsvDialect
from tests.sourcing import Project, project, table, types

LOOSE = Tolerance(share=0.5)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    with project(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"a,b\n1,x\n2,y", [(1, "x"), (2, "y")], id="no final newline"),
        pytest.param(b"\xef\xbb\xbfa,b\n1,x\n2,y\n", [(1, "x"), (2, "y")], id="byte order mark"),
        pytest.param(b"a,b\r\n1,x\r\n2,y\r\n", [(1, "x"), (2, "y")], id="CRLF"),
        pytest.param(b"a,b\r\n1,x\n2,y\r\n", [(1, "x"), (2, "y")], id="mixed line ends"),
        pytest.param(b"a,b\r1,x\r2,y\r", [(1, "x"), (2, "y")], id="CR only"),
        pytest.param(b"a,b\n1,x\n\n2,y\n\n", [(1, "x"), (2, "y")], id="blank lines"),
        pytest.param(b"\n\na,b\n1,x\n2,y\n", [(1, "x"), (2, "y")], id="blank lines first"),
        pytest.param(b'a,b\n1,"x\ny"\n2,""\n', [(1, "x\ny"), (2, None)], id="newline in quotes"),
        pytest.param(b'a,b\n1,5" x\n2,y\n', [(1, '5" x'), (2, "y")], id="quote within a field"),
        pytest.param(b'a,b\n1,"x ""y"""\n2,y\n', [(1, 'x "y"'), (2, "y")], id="doubled quotes"),
        pytest.param(b"a;b\n1;x,z\n2;y\n", [(1, "x,z"), (2, "y")], id="semicolons"),
        pytest.param(b"a,b,\n1,x,\n2,y,\n", [(1, "x", None), (2, "y", None)], id="last one empty"),
        pytest.param(b"a\n1\n\n2\n", [(1,), (2,)], id="blank line in one column"),
    ],
)
def test_an_unusual_file_is_read_whole(
    shop: Project, content: bytes, expected: list[tuple[object, ...]]
) -> None:
    shop.put("a.csv", content)
    rows = shop.read(table("a.csv"))
    assert [row[:-2] for row in rows] == expected
    assert [row[-1] for row in rows] == [1, 2]


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf"])
def test_an_empty_file_adds_no_row_and_no_column(shop: Project, content: bytes) -> None:
    shop.put("a.csv", content)
    shop.put("b.csv", b"x\n1\n")
    assert shop.read(table("*.csv")) == [(1, "b.csv", 1)]


def test_only_empty_files_give_an_empty_table(shop: Project) -> None:
    shop.put("a.csv", b"")
    shop.arrive(table("a.csv"))
    raw = shop.build(table("a.csv"))
    assert (raw.rows, raw.parts, raw.schema.names) == (0, (), ("_file", "_row"))


def test_a_file_of_a_header_only_gives_columns(shop: Project) -> None:
    shop.put("a.csv", b"x,y\n")
    shop.arrive(table("a.csv"))
    raw = shop.build(table("a.csv"))
    assert (raw.rows, types(raw)) == (0, {"x": "VARCHAR", "y": "VARCHAR"})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param(b"3", "1 fields, not 2", id="too few"),
        pytest.param(b"3,x,z", "3 fields, not 2", id="too many"),
        pytest.param(b'3,"x', "broken quotes", id="open quote"),
        pytest.param(b'3,"x"y', "broken quotes", id="text after a quote"),
        pytest.param(b"3,\xff", "not valid UTF-8", id="encoding"),
        pytest.param(b"3,\0", "a NUL character", id="NUL"),
    ],
)
def test_a_malformed_record_is_set_aside_with_its_place(
    shop: Project, line: bytes, reason: str
) -> None:
    shop.put("a.csv", b"a,b\n1,x\n" + line + "\n4,é\n5,z\n".encode())
    declared = table("a.csv", limit=LOOSE)
    shop.arrive(declared)
    raw = shop.build(declared)
    assert [(row[0], row[-1]) for row in shop.rows(raw)] == [(1, 1), (4, 3), (5, 4)]
    text = line.decode(errors="replace")
    assert shop.rows(raw, "aside") == [("a.csv", 3, reason, text)]
    assert (raw.rows, raw.set_aside) == (3, 1)


def test_a_value_that_does_not_fit_its_declared_type_is_set_aside(shop: Project) -> None:
    shop.put("a.csv", b"a,b\n1,x\n1.5,y\ntwo,z\n4,\n")
    declared = table("a.csv", limit=LOOSE, columns=(("a", "INTEGER"),))
    shop.arrive(declared)
    raw = shop.build(declared)
    assert [row[0] for row in shop.rows(raw)] == [1, 4]
    assert [row[1:] for row in shop.rows(raw, "aside")] == [
        (3, "`a` is no INTEGER", "1.5,y"),
        (4, "`a` is no INTEGER", "two,z"),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"a":', "not valid JSON"),
        (b"[1]", "no object"),
        (b'{"a":"\xff"}', "not valid UTF-8"),
        (b'{"a":1,"a":2}', "`a` is there twice"),
    ],
)
def test_a_broken_json_line_is_set_aside(shop: Project, line: bytes, reason: str) -> None:
    shop.put("a.jsonl", b'{"a":1}\n' + line + b'\n\n{"a":3}\n')
    declared = table("a.jsonl", limit=LOOSE, columns=(("a", "BIGINT"),))
    shop.arrive(declared)
    raw = shop.build(declared)
    assert shop.rows(raw) == [(1, "a.jsonl", 1), (3, "a.jsonl", 3)]
    assert [row[:3] for row in shop.rows(raw, "aside")] == [("a.jsonl", 2, reason)]


@pytest.mark.parametrize("value", [b"NaN", b'"x"', b"[1]", b"1.5"])
def test_a_value_that_does_not_fit_sets_its_line_aside(shop: Project, value: bytes) -> None:
    shop.put("a.jsonl", b'{"a":1}\n{"a":' + value + b'}\n\n{"a":3}\n')
    declared = table("a.jsonl", limit=LOOSE, columns=(("a", "BIGINT"),))
    shop.arrive(declared)
    raw = shop.build(declared)
    assert shop.rows(raw) == [(1, "a.jsonl", 1), (3, "a.jsonl", 3)]
    assert [(row[2], row[4]) for row in shop.rows(raw, "aside")] == [("`a` is no BIGINT", 2)]


def test_a_broken_json_array_is_named(shop: Project) -> None:
    shop.put("a.json", b'[{"a":1},{"a":]')
    with pytest.raises(TaskFailed, match="`a.json`") as told:
        shop.read(table("a.json"))
    assert told.value.code == "SRC003"


def test_beyond_the_limit_the_load_fails_and_names_lines_but_no_values(shop: Project) -> None:
    shop.put("ok.csv", b"a,b\n" + b"1,x\n" * 50)
    shop.put("bad.csv", b"a,b\n1,x\nsecret\n")
    with pytest.raises(TaskFailed) as told:
        shop.read(table("*.csv"))
    (problem,) = told.value.problems
    assert problem.code == "SRC007"
    assert "1 of 52" in problem.what
    assert "`bad.csv` has 1 (line 3: 1 fields, not 2)" in problem.what
    assert "secret" not in problem.what + problem.why + problem.fix
    assert "--set-aside bad.csv" in problem.fix


def test_one_bad_file_does_not_change_how_the_others_are_read(shop: Project) -> None:
    for number in range(5):
        shop.put(f"{number}.csv", b"a,b\n" + b"%d,x\n" % number * 40)
    shop.put("2.csv", b"a,b\n7,x\n7\n7,y\n")
    declared = table("*.csv")
    shop.arrive(declared)
    raw = shop.build(declared)
    assert (raw.rows, raw.set_aside) == (162, 1)
    assert [row[-1] for row in shop.rows(raw) if row[-2] == "2.csv"] == [1, 3]


def test_columns_are_united_by_name(shop: Project) -> None:
    shop.put("1.csv", b"a,b\n1,x\n")
    shop.put("2.csv", b"B,c\ny,2.5\n")
    assert [row[:3] for row in shop.read(table("*.csv"))] == [(1, "x", None), (None, "y", 2.5)]


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (b"a,_file", "SRC005"),
        (b"_ROW,a", "SRC005"),
        (b"1,2013-01-01", "SRC006"),
    ],
)
def test_a_header_that_cannot_name_columns_is_refused(
    shop: Project, header: bytes, code: str
) -> None:
    shop.put("a.csv", header + b"\n1,2\n")
    with pytest.raises(TaskFailed, match="a.csv") as told:
        shop.read(table("a.csv"))
    assert told.value.code == code


def test_all_files_with_unusable_headers_are_told_at_once(shop: Project) -> None:
    shop.put("1.csv", b"a,_row\n1,2\n")
    shop.put("2.csv", b"_file,b\n1,2\n")
    with pytest.raises(TaskFailed) as told:
        shop.read(table("*.csv"))
    assert len(told.value.problems) == 2


def test_without_a_header_columns_are_numbered_or_declared(shop: Project) -> None:
    shop.put("a.csv", b"1,x\n2,y\n")
    bare = CsvDialect(header=False)
    shop.arrive(table("a.csv", dialect=bare))
    raw = shop.build(table("a.csv", dialect=bare))
    assert types(raw) == {"column_1": "BIGINT", "column_2": "VARCHAR"}
    named = table("a.csv", dialect=bare, columns=(("id", "INTEGER"), ("name", "VARCHAR")))
    raw = shop.build(named)
    assert types(raw) == {"id": "INTEGER", "name": "VARCHAR"}
    assert raw.rows == 2


def test_a_declared_column_that_no_file_has_is_refused(shop: Project) -> None:
    shop.put("a.csv", b"amount\n1\n")
    with pytest.raises(TaskFailed) as told:
        shop.read(table("a.csv", columns=(("amuont", "BIGINT"),)))
    assert told.value.code == "SRC009"
    assert "`amount`" in told.value.problems[0].fix


def test_an_unknown_encoding_is_refused(shop: Project) -> None:
    shop.put("a.csv", b"a\n1\n")
    with pytest.raises(TaskFailed) as told:
        shop.read(table("a.csv", dialect=CsvDialect(encoding="latin-99")))
    assert told.value.code == "SRC010"
