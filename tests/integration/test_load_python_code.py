"""The code hash of a Python asset: what changes it and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from andon.errors import ProjectInvalid
from andon.project.load import load
from andon.spec.asset import PythonBody

ASSET = '''"""Module text."""
import json

import polars as pl
from andon import asset
from lib import rates
from lib.tidy import tidy as clean

LIMIT = 3
UNUSED = 1


def near(frame, by=LIMIT):
    return frame.head(by)


class Rule:
    """A rule."""

    factor = 2


def unused():
    return 1


@asset(inputs={"orders": "raw.orders"})
def features(orders: pl.DataFrame) -> pl.DataFrame:
    """What it does."""
    # a comment
    return near(clean(orders)) * Rule.factor * rates.VAT
'''
TIDY = "from .deep import inner\n\n\ndef tidy(frame):\n    return inner(frame)\n"


def body(root: Path, edits: dict[str, tuple[str, str]] | None = None) -> PythonBody:
    files = {
        "andon.toml": '[project]\nname = "shop"\n',
        "sources/raw.yml": "tables:\n  orders: {path: data/orders.csv}\n",
        "assets/a/features.py": ASSET,
        "lib/__init__.py": "",
        "lib/tidy.py": TIDY,
        "lib/deep.py": "def inner(frame):\n    return frame\n\n\ndef other():\n    return 1\n",
        "lib/rates.py": "VAT = 1.2\nOTHER = 2\n",
    }
    for path, (old, new) in (edits or {}).items():
        assert old in files[path]
        files[path] = files[path].replace(old, new)
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    (asset,) = load(root).assets
    assert isinstance(asset.body, PythonBody)
    return asset.body


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("assets/a/features.py", "head(by)", "tail(by)"),
        ("assets/a/features.py", "LIMIT = 3", "LIMIT = 4"),
        ("assets/a/features.py", "by=LIMIT", "by=5"),
        ("assets/a/features.py", "factor = 2", "factor = 3"),
        ("lib/deep.py", "return frame", "return frame.head()"),
        ("lib/rates.py", "VAT = 1.2", "VAT = 1.3"),
        ("lib/tidy.py", "inner(frame)\n", "inner(inner(frame))\n"),
        ("lib/__init__.py", "", "print('acts on import')"),
        ("lib/rates.py", "OTHER = 2", "OTHER = 2\nVAT += 1"),
    ],
)
def test_a_change_of_reached_code_changes_the_hash(
    tmp_path: Path, path: str, old: str, new: str
) -> None:
    before = body(tmp_path / "before").code_hash

    assert body(tmp_path / "after", {path: (old, new)}).code_hash != before


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("assets/a/features.py", "What it does.", "What it really does."),
        ("assets/a/features.py", "# a comment", "# another"),
        ("assets/a/features.py", "A rule.", "One rule."),
        ("assets/a/features.py", "UNUSED = 1", "UNUSED = 2"),
        ("assets/a/features.py", "def unused():\n    return 1", "def unused():\n    return 2"),
        ("assets/a/features.py", "head(by)", "head( by )"),
        ("assets/a/features.py", '"raw.orders"}', '"raw.orders"}, owner="growth"'),
        ("lib/deep.py", "return 1", "return 2"),
        ("lib/rates.py", "OTHER = 2", "OTHER = 3"),
    ],
)
def test_other_changes_keep_the_hash(tmp_path: Path, path: str, old: str, new: str) -> None:
    before = body(tmp_path / "before").code_hash

    assert body(tmp_path / "after", {path: (old, new)}).code_hash == before


def test_names_bound_the_other_way_round_change_the_hash(tmp_path: Path) -> None:
    two = (
        "from lib.tidy import tidy as clean",
        "from lib.deep import inner as clean, other as near2",
    )
    swapped = (
        "from lib.tidy import tidy as clean",
        "from lib.deep import other as clean, inner as near2",
    )
    path = "assets/a/features.py"

    assert (
        body(tmp_path / "a", {path: two}).code_hash
        != body(tmp_path / "b", {path: swapped}).code_hash
    )


def test_imported_distributions_are_recorded_with_their_versions(tmp_path: Path) -> None:
    import sys
    from importlib import metadata

    assert dict(body(tmp_path).distributions) == {
        "polars": metadata.version("polars"),
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
    }


@pytest.mark.parametrize(
    ("imports", "annotation", "form"),
    [
        ("from polars import DataFrame", "DataFrame", "polars"),
        ("import pandas", "pandas.DataFrame", "pandas"),
        ("import pyarrow as pa", '"pa.Table"', "arrow"),
        ("from duckdb import DuckDBPyRelation as R", "R", "duckdb"),
    ],
)
def test_the_annotation_tells_the_form(
    tmp_path: Path, imports: str, annotation: str, form: str
) -> None:
    edits = {
        "assets/a/features.py": (
            "import json\n\nimport polars as pl",
            f"{imports}\nimport polars as pl",
        )
    }
    text = ASSET.replace("orders: pl.DataFrame", f"orders: {annotation}")
    old, new = edits["assets/a/features.py"]

    found = body(tmp_path, {"assets/a/features.py": (ASSET, text.replace(old, new))})

    assert [item.form for item in found.inputs] == [form]


def test_a_literal_dynamic_import_is_followed(tmp_path: Path) -> None:
    def with_rate(folder: str, rate: str) -> str:
        edit = ("* rates.VAT", '* importlib.import_module("lib.rates").VAT')
        text = ASSET.replace(*edit).replace("import json", "import importlib")
        edits = {
            "assets/a/features.py": (ASSET, text),
            "lib/rates.py": ("1.2", rate),
        }
        return body(tmp_path / folder, edits).code_hash

    assert with_rate("a", "1.2") != with_rate("b", "1.3")


def test_a_computed_import_needs_declared_files(tmp_path: Path) -> None:
    text = ASSET.replace("* rates.VAT", "* importlib.import_module(json.loads('1')).VAT").replace(
        "import json", "import importlib, json"
    )

    with pytest.raises(ProjectInvalid, match="PRJ024"):
        body(tmp_path / "a", {"assets/a/features.py": (ASSET, text)})

    declared = text.replace('"raw.orders"}', '"raw.orders"}, files=["lib/rates.py"]')
    found = body(tmp_path / "b", {"assets/a/features.py": (ASSET, declared)})
    assert [path for path, _ in found.files] == ["lib/rates.py"]
