"""Delimited files whose table is not the whole file, or whose text is not UTF-8."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from andon.acquisition.columns.facts import decode
from andon.acquisition.readings.fingerprint import reading
from andon.errors import TaskFailed
from andon.spec.check import Tolerance
from andon.spec.source import CsvDialect, SourceTable
from tests.sourcing import Project, project, table, types

NONE = Tolerance(rows=0)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    with project(tmp_path) as made:
        yield made


def read(shop: Project, content: bytes, declared: SourceTable | None = None) -> list[list[object]]:
    """Values of the rows of one file, of which no record may be malformed."""
    shop.put("a.csv", content)
    found = shop.read(declared or table("a.csv", limit=NONE))
    return [list(row[:-2]) for row in found]


def aside(shop: Project) -> list[tuple[object, ...]]:
    """Line and reason of what is set aside."""
    raw = shop.build(table("a.csv", limit=NONE))
    return [row[1:3] for row in shop.rows(raw, "aside")]


def notes(shop: Project) -> tuple[str, ...]:
    facts = decode(shop.deliveries[0].facts, reading(table("a.csv", limit=NONE)))
    assert facts is not None
    return facts.notes


def test_lines_above_the_header_are_set_aside(shop: Project) -> None:
    content = b"Sales report\nCreated: 2024-01-01\n\nid;city;amount\n1;Bern;2.5\n2;Genf;3.5\n"
    assert read(shop, content) == [[1, "Bern", 2.5], [2, "Genf", 3.5]]
    assert aside(shop) == [(1, "before the header"), (2, "before the header")]


def test_a_title_with_empty_cells_is_no_header(shop: Project) -> None:
    content = b"Sales,,,\n,,,\nid,city,amount,day\n1,Bern,2,2024-01-01\n"
    assert [row[:3] for row in read(shop, content)] == [[1, "Bern", 2]]
    assert [reason for _, reason in aside(shop)] == ["before the header"] * 2


def test_lines_below_the_data_are_set_aside(shop: Project) -> None:
    content = b"id,city,amount\n1,Bern,2\n2,Genf,3\n\nTotal\nprinted by: me\n"
    assert [row[0] for row in read(shop, content)] == [1, 2]
    assert aside(shop) == [(5, "after the data"), (6, "after the data")]


def test_a_phrase_below_the_data_is_set_aside(shop: Project) -> None:
    assert read(shop, b"id,city\n1,Bern\n2,Genf\n(2 rows)\n") == [[1, "Bern"], [2, "Genf"]]
    assert aside(shop) == [(4, "after the data")]


@pytest.mark.parametrize("last", [b"17", b"17\n", b"Ber", b"Bern\n", b"3 rows"])
def test_a_last_record_that_was_cut_off_is_malformed(shop: Project, last: bytes) -> None:
    with pytest.raises(TaskFailed) as told:
        read(shop, b"id,city\n1,Bern\n2,Genf\n" + last)
    assert told.value.code == "SRC007"


def test_a_phrase_between_records_is_malformed(shop: Project) -> None:
    with pytest.raises(TaskFailed) as told:
        read(shop, b"id,city\n1,Bern\nnote: odd\n2,Genf\n")
    assert told.value.code == "SRC007"


@pytest.mark.parametrize(
    "content",
    [
        b"id,city\n1,Bern\nid,city\n2,Genf\n",
        b"id,city\r\n1,Bern\r\nid,city\r\n2,Genf\r\n",
        b"id,city\n1,Bern\n2,Genf\nid,city",
        b"id,city\n1,Bern\n\nid,city\n2,Genf\n",
    ],
)
def test_the_header_again_is_set_aside(shop: Project, content: bytes) -> None:
    assert read(shop, content) == [[1, "Bern"], [2, "Genf"]]
    assert [reason for _, reason in aside(shop)] == ["the header again"]


def test_the_header_again_far_down_is_found(shop: Project) -> None:
    body = b"".join(b"%d,some words to fill a line\n" % n for n in range(60_000))
    shop.put("a.csv", b"id,words\n" + body + b"id,words\n" + body)
    shop.arrive(table("a.csv"))
    raw = shop.build(table("a.csv"))
    assert (raw.rows, raw.set_aside, types(raw)["id"]) == (120_000, 1, "BIGINT")


def test_a_word_of_one_column_that_is_its_name_is_a_value(shop: Project) -> None:
    assert read(shop, b"city\nBern\ncity\n") == [["Bern"], ["city"]]


def test_a_repeated_name_gets_a_number(shop: Project) -> None:
    assert read(shop, b"a,b,A,a_2,a\n1,2,3,4,5\n") == [[1, 2, 3, 4, 5]]
    raw = shop.build(table("a.csv", limit=NONE))
    assert list(types(raw)) == ["a", "b", "A_3", "a_2", "a_4"]
    assert notes(shop)[0] == "`A` names several columns; one of them is called `A_3`"


def test_a_repeated_name_that_is_declared_is_refused(shop: Project) -> None:
    with pytest.raises(TaskFailed) as told:
        read(shop, b"a,a\n1,2\n", table("a.csv", columns=(("a", "BIGINT"),)))
    assert told.value.code == "SRC004"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"id,city\n1,Bern\n2,Genf\n\nday,sales,cost\n2024-01-01,5,6\n2024-01-02,5,6\n", "5"),
        (b"id,amount\n1,10\n2,20\n\ncity,people\n3,30\n4,40\n", "5"),
        (b"id,amount\n1,10\n\nSecond part\n\nday,a,b\n3,30,1\n", "6"),
    ],
)
def test_several_tables_in_one_file_are_told_with_their_lines(
    shop: Project, content: bytes, line: str
) -> None:
    with pytest.raises(TaskFailed) as told:
        read(shop, content)
    assert told.value.code == "SRC011"
    assert f"at line {line}" in told.value.problems[0].what


def test_a_declared_header_is_taken_as_it_lies(shop: Project) -> None:
    declared = table("a.csv", dialect=CsvDialect(header=True), limit=Tolerance(share=1.0))
    assert read(shop, b"Title\nid,city\n1,Bern\n", declared) == []


@pytest.mark.parametrize("delimiter", [";", "\t", "|", "^", "~", "\x1f"])
def test_a_delimiter_is_found_by_what_makes_records_even(shop: Project, delimiter: str) -> None:
    rows = [("no", "name, first", "x"), ("1", "Lee, Ann", "2"), ("2", "Ray, Bob, jr", "3")]
    content = "".join(delimiter.join(row) + "\n" for row in rows).encode()
    assert read(shop, content) == [[1, "Lee, Ann", 2], [2, "Ray, Bob, jr", 3]]


def test_header_and_rows_may_end_their_lines_differently(shop: Project) -> None:
    assert read(shop, b"a,b\r\n1,x\n2,y\n") == [[1, "x"], [2, "y"]]
    assert read(shop, b"a,b\n1,x\r\n3,z\r\n") == [[1, "x"], [3, "z"]]


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"]
)
def test_the_encoding_is_told_where_none_is_declared(shop: Project, encoding: str) -> None:
    content = "id,city\n1,Zürich\n2,Genève\n3,São Paulo\n".encode(encoding)
    assert [row[1] for row in read(shop, content)] == ["Zürich", "Genève", "São Paulo"]
    assert len(notes(shop)) == (encoding != "utf-8-sig")


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "id,city\n1,Москва\n2,Тула\n"),
        ("cp1253", "id,city\n1,Αθήνα\n"),
        ("shift_jis", "id,city\n1,東京\n2,大阪\n"),
        ("gb18030", "id,city\n1,北京\n2,上海\n"),
        ("cp1250", "id,city\n1,Łódź\n2,Gołdap\n3,Śląsk\n"),
        ("mac_roman", "id,city\n1,Zürich\n2,Genève\n"),
        ("cp437", "id,city\n1,Zürich\n2,Genève\n"),
    ],
)
def test_an_encoding_that_cannot_be_told_is_asked_for(
    shop: Project, encoding: str, text: str
) -> None:
    with pytest.raises(TaskFailed) as told:
        read(shop, text.encode(encoding))
    assert told.value.code == "SRC012"
    declared = table("a.csv", dialect=CsvDialect(encoding=encoding))
    assert len(read(shop, text.encode(encoding), declared)) == text.count("\n") - 1


def test_remembered_facts_read_an_unusual_file_the_same_way(shop: Project) -> None:
    shop.put("a.csv", "Title\nid,city,n\n1,Zürich,2\nid,city,n\n".encode("cp1252"))
    declared = table("a.csv", limit=NONE)
    shop.arrive(declared)
    first = shop.build(declared)
    again = shop.build(declared)
    assert shop.rows(first) == shop.rows(again) == [(1, "Zürich", 2, "a.csv", 1)]
    assert shop.rows(first, "aside") == shop.rows(again, "aside")


def test_a_header_of_a_million_columns_is_refused(shop: Project) -> None:
    with pytest.raises(TaskFailed) as told:
        read(shop, b",".join(b"c%d" % n for n in range(1_000_000)) + b"\n")
    assert told.value.code == "SRC015"
