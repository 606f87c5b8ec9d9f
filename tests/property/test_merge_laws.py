"""Merging goes on from a former snapshot, and gives what merging everything from scratch gives."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.acquisition.cursors.sequence import next_number, part
from andon.catalog.records import Snapshot
from andon.names import AssetName
from andon.reading import merge
from andon.spec.origin import DatabaseOrigin
from andon.spec.source import SourceTable
from tests.landing import NOON, Catalogued, catalogued

TABLE = SourceTable(
    name=AssetName("shop.rows"),
    source="shop",
    origin=DatabaseOrigin(kind="sqlite", relation="rows", mode="merge", cursor="at", deletes=True),
    format="parquet",
    key=("shop", "id"),
)
Key = tuple[str, int]
KEYS: list[Key] = [(shop, number) for shop in ("north", "south") for number in range(6)]

lots = st.lists(st.tuples(st.sampled_from(KEYS), st.integers(0, 99)), min_size=1, max_size=8)
lists = st.sets(st.sampled_from(KEYS), max_size=len(KEYS))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("rows"), lots),
        st.tuples(st.just("keys"), lists.map(sorted)),
        st.tuples(st.just("keep"), st.none()),
    ),
    min_size=2,
    max_size=10,
)


def land(kept: Catalogued, columns: Mapping[str, Sequence[object]], role: str) -> None:
    stream = io.BytesIO()
    types = {"shop": pa.string(), "id": pa.int64(), "value": pa.int64()}
    schema = pa.schema([(name, types[name]) for name in columns])
    pq.write_table(pa.table(columns, schema=schema), stream)
    stream.seek(0)
    number = next_number(kept.known)
    made = part(
        TABLE, "rows", number, kept.store.land(stream), f"run{number}", NOON,
        role="keys" if role == "keys" else "rows",
    )  # fmt: skip
    kept.known.append(made)


def expected(done: Sequence[tuple[str, object]]) -> list[tuple[str, int, int]]:
    """The law itself: the last row of each key, unless the newest list came later and lacks it."""
    rows: dict[Key, tuple[int, int]] = {}
    newest: tuple[int, set[Key]] = (-1, set())
    for at, (word, given_) in enumerate(done):
        if word == "rows":
            rows.update({key: (at, value) for key, value in given_})  # type: ignore[attr-defined]
        elif word == "keys":
            newest = (at, set(given_))  # type: ignore[call-overload]
    return sorted(
        (*key, value) for key, (at, value) in rows.items() if at > newest[0] or key in newest[1]
    )


def check(scenario: Sequence[tuple[str, object]]) -> None:
    with TemporaryDirectory() as folder, catalogued(Path(folder)) as kept:
        prior: Snapshot | None = None
        done: list[tuple[str, object]] = []
        for word, given_ in [("rows", [(KEYS[0], 0)]), *scenario, ("keep", None)]:
            done.append((word, given_))
            if word == "rows":
                assert isinstance(given_, list)
                keys = [key for key, _ in given_]
                columns = {
                    "shop": [shop for shop, _ in keys],
                    "id": [number for _, number in keys],
                    "value": [value for _, value in given_],
                }
                land(kept, columns, "rows")
            elif word == "keys":
                assert isinstance(given_, list)
                columns = {"shop": [k[0] for k in given_], "id": [k[1] for k in given_]}
                land(kept, columns, "keys")
            else:
                gone_on = kept.build(TABLE, prior)
                names = "shop, id, value"
                assert kept.rows(gone_on, names) == expected(done)
                scratch = kept.rows(kept.build(TABLE), f"{names}, _file, _row")
                assert kept.rows(gone_on, f"{names}, _file, _row") == scratch
                prior = kept.keep(TABLE, gone_on)


@settings(max_examples=12)
@given(steps)
def test_going_on_equals_merging_from_scratch(scenario: Sequence[tuple[str, object]]) -> None:
    check(scenario)


@pytest.mark.soak
@settings(max_examples=400)
@given(steps)
def test_going_on_equals_merging_from_scratch_in_full(
    scenario: Sequence[tuple[str, object]],
) -> None:
    check(scenario)


def rows_of(start: int, count: int, value: int) -> Mapping[str, Sequence[object]]:
    numbers = list(range(start, start + count))
    return {"shop": ["a"] * count, "id": numbers, "value": [value] * count}


def test_a_small_change_rewrites_only_the_parts_it_touches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merge, "PART_BYTES", 1)
    with catalogued(tmp_path) as kept:
        for start in range(0, 500, 100):
            land(kept, rows_of(start, 100, 1), "rows")
        prior = kept.keep(TABLE, kept.build(TABLE))
        land(kept, rows_of(250, 1, 2), "rows")
        raw = kept.build(TABLE, prior)
        assert len(prior.files) == 5
        assert len(raw.kept) == 4
        assert sorted(part.rows for part in raw.parts) == [1, 99]
        assert raw.rows == 500


def test_a_part_whose_keys_are_all_gone_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merge, "PART_BYTES", 1)
    with catalogued(tmp_path) as kept:
        for start in (0, 100):
            land(kept, rows_of(start, 100, 1), "rows")
        prior = kept.keep(TABLE, kept.build(TABLE))
        keys: Mapping[str, Sequence[object]] = {"shop": ["a"] * 100, "id": list(range(100))}
        land(kept, keys, "keys")
        raw = kept.build(TABLE, prior)
        assert (len(raw.kept), raw.parts, raw.rows) == (1, (), 100)
