"""A project of 1,000 unlike datasets over twelve fields of business, with a glossary.

The texts beside this file name what each field keeps and what a person types to find it; they were
written before there was anything that ranks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.factories import write_files

_HERE = Path(__file__).parent
DATASETS = 1_000


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset: its name, what is declared about it, its columns."""

    name: str
    description: str
    owner: str
    columns: tuple[str, ...]
    is_source: bool = False

    @property
    def path(self) -> str:
        return f"assets/{self.name.replace('.', '/')}.sql"

    @property
    def text(self) -> str:
        header = f"/* andon\ndescription: {self.description}\nowner: {self.owner}\n*/\n"
        return header + "select " + ", ".join(f"1 as {name}" for name in self.columns) + "\n"


def datasets() -> list[Dataset]:
    """All of them, the same at every call."""
    return [one for entity in _entities() for one in _kinds_of(*entity)][:DATASETS]


def queries() -> list[tuple[str, str]]:
    """What is typed, and the name of the dataset that is meant."""
    return _labelled("queries.tsv")


def later_queries() -> list[tuple[str, str]]:
    """More of them, written when there was a ranking, which was not changed for their sake."""
    return _labelled("later.tsv")


def _labelled(name: str) -> list[tuple[str, str]]:
    lines = (_HERE / name).read_text().splitlines()
    return [(words, target) for words, _, target in (line.partition("\t") for line in lines)]


def write_catalogue(folder: Path) -> Path:
    """Write all declarations of the project."""
    files = {
        "andon.toml": '[project]\nname = "catalogue"\n',
        "glossary.yml": (_HERE / "glossary.yml").read_text(),
    }
    sources: dict[str, list[Dataset]] = {}
    for one in datasets():
        if one.is_source:
            sources.setdefault(one.name.partition(".")[0], []).append(one)
        else:
            files[one.path] = one.text
    for name, tables in sources.items():
        files[f"sources/{name}.yml"] = f"owner: {tables[0].owner}\ntables:\n" + "".join(
            f"  {one.name.partition('.')[2]}:\n    path: data/{one.name}.csv\n"
            f"    description: {one.description}\n"
            for one in tables
        )
    return write_files(folder, files)


def _entities() -> Iterator[tuple[str, str, str, str, tuple[str, ...]]]:
    field, owner = "", ""
    for line in (_HERE / "entities.txt").read_text().splitlines():
        name, _, rest = line.partition(": ")
        if name.startswith("# "):
            field, owner = name[2:], rest
        else:
            about, _, columns = rest.partition(" | ")
            yield field, owner, name, about, tuple(columns.split())


def _kinds_of(
    field: str, owner: str, entity: str, about: str, columns: tuple[str, ...]
) -> Iterator[Dataset]:
    words = entity.replace("_", " ")
    key = columns[0]
    yield Dataset(
        f"{field}_raw.{entity}", f"{about}, as it comes in.", owner, columns, is_source=True
    )
    yield Dataset(
        f"{field}_staging.{entity}", f"{about}. Cleaned, with types, each row once.", owner, columns
    )
    daily = ("day", f"{entity}_count", f"new_{entity}")
    yield Dataset(f"{field}.{entity}_daily", f"Number of {words} per day.", owner, daily)
    region = ("region", "month", f"{entity}_count")
    yield Dataset(f"{field}.{entity}_by_region", f"{about}, by region and month.", owner, region)
    history = (key, "valid_from", "valid_to", *columns[1:3])
    yield Dataset(
        f"{field}.{entity}_history",
        f"Every change of {words} and how long it held.",
        owner,
        history,
    )
    outliers = (key, "expected", "seen", "deviation")
    yield Dataset(
        f"{field}.{entity}_outliers",
        f"Anomalies among {words}, far from the usual.",
        owner,
        outliers,
    )
