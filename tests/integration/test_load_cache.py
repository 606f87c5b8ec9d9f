"""The cache of parsed declarations: never needed, never trusted blindly."""

from __future__ import annotations

from pathlib import Path

import pytest

from andon.errors import ProjectInvalid
from andon.project.load import load
from andon.spec.asset import PythonBody
from andon.spec.project import ProjectSpec

HEADER = "/* andon\nowner: growth\nchecks:\n  - range: {amount: {min: 0}}\n*/\n"


def make(root: Path) -> Path:
    files = {
        "andon.toml": '[project]\nname = "shop"\n',
        "sources/raw.yml": (
            "tables:\n  orders: {path: data/orders.csv, checks: [{unique: id, tolerance: 1%}]}\n"
        ),
        "macros/m.sql": "create macro twice(x) as 2 * x;\n",
        "assets/a/orders.sql": HEADER + "select id, twice(amount) as amount from raw.orders\n",
        "assets/a/features.py": (
            "import pandas as pd\nfrom andon import asset, not_null\nfrom lib.tidy import tidy\n\n"
            '@asset(inputs={"orders": "a.orders"}, checks=[not_null("id")], files=["lib/rules.txt"])\n'
            "def features(orders: pd.DataFrame) -> pd.DataFrame:\n    return tidy(orders)\n"
        ),
        "lib/tidy.py": "def tidy(frame):\n    return frame\n",
        "lib/rules.txt": "1\n",
    }
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


def cache_file(root: Path) -> Path:
    (found,) = (root / ".andon" / "cache").iterdir()
    return found


def code_hash(spec: ProjectSpec) -> str:
    (body,) = [asset.body for asset in spec.assets if asset.name == "a.features"]
    assert isinstance(body, PythonBody)
    return body.code_hash


def test_a_warm_load_equals_a_cold_one(tmp_path: Path) -> None:
    root = make(tmp_path)

    assert repr(load(root)) == repr(load(root))


def test_a_load_without_news_does_not_write(tmp_path: Path) -> None:
    root = make(tmp_path)
    load(root)
    before = cache_file(root).stat().st_mtime_ns

    load(root)

    assert cache_file(root).stat().st_mtime_ns == before


@pytest.mark.parametrize("keep", [0, 7, 20, 100, -1])
def test_a_damaged_cache_is_parsed_again(tmp_path: Path, keep: int) -> None:
    root = make(tmp_path)
    expected = load(root)
    file = cache_file(root)
    file.write_bytes(file.read_bytes()[:keep])

    assert load(root) == expected


def test_a_flipped_bit_is_found(tmp_path: Path) -> None:
    root = make(tmp_path)
    expected = load(root)
    file = cache_file(root)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))

    assert load(root) == expected


def test_a_folder_that_cannot_be_written_is_fine(tmp_path: Path) -> None:
    root = make(tmp_path)
    (root / ".andon").write_text("a file where the folder should be")

    assert load(root).name == "shop"


def test_a_changed_file_is_seen(tmp_path: Path) -> None:
    root = make(tmp_path)
    load(root)
    path = root / "assets/a/orders.sql"
    path.write_text(path.read_text().replace("growth", "finance"))

    assert [a.owner for a in load(root).assets if a.name == "a.orders"] == ["finance"]


def test_a_problem_is_told_again_on_each_load(tmp_path: Path) -> None:
    root = make(tmp_path)
    (root / "assets/a/bad.sql").write_text("/* andon\nownr: x\n*/\nselect 1 as id\n")

    for _ in range(2):
        with pytest.raises(ProjectInvalid, match="PRJ004"):
            load(root)


def test_a_cached_asset_still_has_its_names_resolved(tmp_path: Path) -> None:
    root = make(tmp_path)
    load(root)
    (root / "sources/raw.yml").write_text("tables:\n  others: {path: data/o.csv}\n")

    with pytest.raises(ProjectInvalid, match="PLN003"):
        load(root)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("lib/tidy.py", "def tidy(frame):\n    return frame.head()\n"),
        ("pandas.py", "DataFrame = 1\n"),
    ],
)
def test_changed_project_code_changes_the_hash_of_a_cached_asset(
    tmp_path: Path, path: str, text: str
) -> None:
    root = make(tmp_path)
    before = code_hash(load(root))
    (root / path).write_text(text)

    assert code_hash(load(root)) != before


def test_a_changed_declared_file_is_seen_through_the_cache(tmp_path: Path) -> None:
    root = make(tmp_path)
    before = load(root)
    (root / "lib/rules.txt").write_text("2\n")

    assert load(root).assets != before.assets
