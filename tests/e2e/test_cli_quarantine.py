"""`andon quarantine` and `andon replay` as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.terminal import andon
from tests.factories import write_files, write_project

SHOP = {
    "andon.toml": '[project]\nname = "shop"\n',
    "sources/raw.yml": "tables:\n  t: {path: data/*.csv, limit: 90%}\n",
    "assets/staging/t.sql": "select sum(n) as n from raw.t\n",
    "data/a.csv": "id,n\n1,10\n2\n",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write_project(tmp_path, SHOP)
    assert andon("run", at=tmp_path).code == 0
    return tmp_path


def test_rejected_rows_are_repaired_and_replayed_by_hand(shop: Path) -> None:
    listed = andon("quarantine", at=shop)
    assert "1 fields, not 2" in listed.out
    assert "next: andon quarantine export raw.t rejected.csv" in listed.err
    shown = andon("quarantine", "show", "raw.t", at=shop)
    assert "data/a.csv" in shown.out
    assert andon("quarantine", "export", "raw.t", "rejected.csv", at=shop).code == 0
    text = (shop / "rejected.csv").read_text("utf-8").replace('not 2",2', 'not 2","2,20"')
    write_files(shop, {"rejected.csv": text})
    replayed = andon("replay", "raw.t", "rejected.csv", "--by", "ana", at=shop)
    assert replayed.code == 0
    assert "repairs 1 record of data/a.csv" in replayed.err
    assert "published 2 assets in prod as publication 2" in replayed.out
    assert andon("query", "select n from staging.t", "--format", "csv", at=shop).out == "n\n30\n"
    assert andon("quarantine", at=shop).err == "nothing is rejected\n"


def test_what_scripts_read_is_one_document_each(shop: Path) -> None:
    listed = andon("--json", "quarantine", at=shop).document
    assert [(r["table"], r["by"], r["count"]) for r in listed["rejected"]] == [("raw.t", "form", 1)]
    shown = andon("--json", "quarantine", "show", "raw.t", at=shop).document
    assert (shown["total"], shown["deliveries"]) == (1, [])
    assert dict(zip(shown["columns"], shown["rows"][0], strict=True))["_text"] == "2"
    done = andon("--json", "quarantine", "export", "raw.t", "r.jsonl", at=shop).document
    assert done["rows"] == 1
    row = json.loads((shop / "r.jsonl").read_text("utf-8"))
    write_files(shop, {"r.jsonl": json.dumps({**row, "_text": "2,20"})})
    landed = andon("--json", "replay", "raw.t", "r.jsonl", "--land-only", at=shop).document
    assert (landed["landed"][0]["rows"], landed["run"]) == (1, None)
    again = andon("--json", "replay", "raw.t", "r.jsonl", at=shop).document
    assert (again["landed"][0]["new"], again["run"]["status"]) == (False, "done")


def test_mistakes_are_told_with_their_code(shop: Path) -> None:
    assert "APP011" in andon("replay", "raw.t", "gone.csv", at=shop).err
    assert "APP012" in andon("quarantine", "export", "raw.t", "r.pdf", at=shop).err
    assert "CLI001" in andon("quarantine", "shw", at=shop).err
    assert "`show`" in andon("quarantine", "shw", at=shop).err
    assert "APP002" in andon("quarantine", "show", "raw.u", at=shop).err
