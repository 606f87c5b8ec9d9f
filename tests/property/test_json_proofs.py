"""What is proved of a file of JSON lines is what the engine finds when it looks at every document."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from andon.acquisition.columns.facts import Facts
from andon.acquisition.columns.types import fields_of, struct
from andon.acquisition.deliveries.choose import choose
from andon.acquisition.readings.fingerprint import reading
from andon.reading.documents.files import DocumentFiles
from andon.reading.stored.readable import ReadableFiles
from tests.sourcing import Project, project, table

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "zst": zstandard.ZstdCompressor().compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}
NAMES = st.sampled_from(["a", "b", "B c", "class", "é", "_file2"])
NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70),
    st.sampled_from([2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63), -(2**63) - 1, 10**16]),
    st.floats(allow_nan=False, allow_infinity=False),
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), NUMBERS, st.text(max_size=5))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=6,
)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Lines that are alike as real ones are, with a few that are not."""
    shape = draw(st.dictionaries(NAMES, VALUES, min_size=1, max_size=4))
    alike = st.fixed_dictionaries(
        {}, optional={name: _like(value) for name, value in shape.items()}
    )
    odd = st.dictionaries(NAMES, VALUES, max_size=3)
    lines = draw(st.lists(st.one_of(alike, alike, alike, alike, odd), min_size=1, max_size=8))
    ends = draw(st.sampled_from(["\n", "\r\n", "\n\n", "\n \n"]))
    return ends.join(json.dumps(line, ensure_ascii=draw(st.booleans())) for line in lines).encode(
        errors="replace"
    )


def _like(value: object) -> st.SearchStrategy[object]:
    match value:
        case bool():
            return st.one_of(st.booleans(), st.none())
        case int() | float():
            return st.one_of(st.integers(-9, 9), NUMBERS)
        case str():
            return st.one_of(st.text(max_size=4), st.none())
        case list():
            return st.lists(_like(value[0]) if value else st.none(), max_size=2)
        case dict():
            inner = {name: _like(one) for name, one in value.items()}
            return st.fixed_dictionaries({}, optional=inner)
        case _:
            return st.none()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with project(tmp_path_factory.mktemp("shop")) as made:
        yield made


def measured(shop: Project, content: bytes) -> tuple[dict[str, Facts], dict[str, Facts]]:
    """Facts of a file as they are proved, and as the engine finds them."""
    declared = table("in.jsonl")
    shop.deliveries = []
    shop.put("in.jsonl", content)
    loads = choose(shop.arrive(declared))

    def stage(name: str) -> Path:
        return shop.store.stage("r", name)

    readable = ReadableFiles(shop.store, stage, declared)
    family = DocumentFiles(declared, reading(declared), shop.engine, stage, readable)
    proved = family._proved(loads)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DocumentFiles, "_proved", lambda *_: {})
        return proved, family.measure(loads)


def unordered(facts: dict[str, Facts]) -> object:
    """Facts without the order of names: the engine's threads race where documents differ."""
    return [
        (one.records, one.shape, {name: _sorted(str(kinds[0])) for name, kinds in typed(one)})
        for one in facts.values()
    ]


def typed(facts: Facts) -> list[tuple[str, tuple[str, ...]]]:
    return [(name, kinds) for name, kinds in facts.columns if isinstance(kinds, tuple)]


def _sorted(kind: str) -> str:
    if kind.endswith("[]"):
        return f"{_sorted(kind[:-2])}[]"
    if kind.startswith("STRUCT("):
        return struct(sorted((name, _sorted(inner)) for name, inner in fields_of(kind)))
    return kind


@limits(max_examples=150)
@given(content=files())
def test_facts_that_are_proved_are_those_the_engine_finds(shop: Project, content: bytes) -> None:
    proved, found = measured(shop, content)
    assert not proved or unordered(proved) == unordered(found)


@pytest.mark.parametrize(
    ("content", "is_proved"),
    [
        (b'{"a":1}\n{"a":2}\n', True),
        (b'{"a":1}\n\n  \n{"a":-2}', True),
        (b'{"a":1}\r\n{"a":2}\r\n', True),
        (b'{"a":1.5,"b":["x",null]}\n{"b":null}\n{}\n', True),
        (b'{"a":{"b":1}}\n{"a":null}\n', True),
        (b'\xef\xbb\xbf{"a":1}\n', False),
        (b'{"a":1} {"a":2}\n', False),
        (b'{"a":1}\n[1]\n', False),
        (b'{"a":1}\n{"a":"\xff"}\n', False),
        (b'{"a":1}\n{"a":NaN}\n', False),
        (b'{"a":18446744073709551615}\n', False),
        (b'{"a":0.5}\n{"a":9007199254740993}\n', False),
        (b"", False),
    ],
)
def test_files_as_people_write_them_are_proved(
    shop: Project, content: bytes, is_proved: bool
) -> None:
    proved, found = measured(shop, content)
    assert proved == (found if is_proved else {})


def test_what_comes_after_the_first_lines_is_looked_at(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("andon.reading.documents.conform.HEAD_LINES", 2)
    for late in (b'{"a":1,"b":2}', b'{"a":1.5}', b'{"a":"x"}', b'{"a":[1]}', b'{"a":true}', b"{"):
        assert measured(shop, b'{"a":1}\n{"a":2}\n' + late + b"\n")[0] == {}, late
    assert measured(shop, b'{"a":1}\n{"a":2}\n{"a":null}\n{}\n')[0] != {}


def test_a_line_is_looked_at_that_crosses_what_is_read_at_once(shop: Project) -> None:
    lines = b"".join(b'{"a":%d,"t":"%s"}\n' % (n, b"x" * 1000) for n in range(3000))
    proved, found = measured(shop, lines)
    assert proved == found
    assert [facts.records for facts in found.values()] == [3000]
    assert measured(shop, lines + b'{"a":0.5}')[0] == {}


@pytest.mark.parametrize("suffix", PACK)
def test_packed_lines_are_proved_as_plain_ones(shop: Project, suffix: str) -> None:
    lines = b"".join(b'{"a":%d,"t":"%s"}\n' % (n, b"x" * 100) for n in range(3000))
    proved, found = measured(shop, PACK[suffix](lines))
    assert proved == found
    assert [facts.records for facts in proved.values()] == [3000]


def test_a_line_that_is_longer_than_is_looked_at_is_left_to_the_engine(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("andon.reading.documents.conform._LONGEST", 200_000)
    sound, long = b'{"a":1}\n', b'{"a":2%s}\n' % (b" " * 300_000)
    assert measured(shop, sound)[0] != {}
    for content in (
        long,
        sound + long,
        sound + long.strip(),
        b'{"a":1}%s{"a":2}' % (b" " * 300_000),
    ):
        assert measured(shop, content)[0] == {}, len(content)
