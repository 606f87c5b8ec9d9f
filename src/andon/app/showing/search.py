"""Search: find datasets by words of their names, columns, descriptions, owners and the glossary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from msgspec import Struct

from andon.app.preparing.prepare import declared, graph_of, kind_of
from andon.catalog.records import Audit, Snapshot, State
from andon.discovery.query import slots_of
from andon.discovery.rank import Document, Match, Standing, rank, vocabulary_of
from andon.discovery.words import words_of
from andon.execution.line import Tools
from andon.spec.asset import AssetSpec
from andon.spec.project import ProjectSpec
from andon.spec.source import SourceSpec, SourceTable

DAYS = 30
"""Days whose reads count as use."""


class Found(Struct, frozen=True, kw_only=True):
    """A dataset that was found.

    Attributes:
        kind: source, table (of a source), sql, python, view, or removed.
        is_served: whether it is published.
        score: what it is ranked by, made of `text`, `trust` and `use`.
        matches: why it was found; columns: names of the columns among that.
    """

    name: str
    kind: str
    description: str
    owner: str
    is_served: bool
    reads: int
    score: float
    text: float
    trust: float
    use: float
    matches: tuple[Match, ...]
    columns: tuple[str, ...]


class Answer(Struct, frozen=True, kw_only=True):
    """What a search found.

    Attributes:
        found: the best of it, best first; total: how much there was.
        datasets: how many were looked through.
    """

    found: tuple[Found, ...]
    total: int
    datasets: int


class _Entry(Struct, frozen=True, kw_only=True):
    name: str
    kind: str
    description: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    notes: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    others: tuple[str, ...] = ()
    standing: Standing = Standing()


class Shelves:
    """All datasets of a project as words, made once for any number of searches."""

    def __init__(self, tools: Tools, spec: ProjectSpec, environment: str) -> None:
        self._spec = spec
        self._terms = _terms_by_use(spec)
        state = tools.catalog.state(environment)
        newest = tools.catalog.publications(environment, 1)
        held = {item.asset for item in newest[0].held} if newest else set()
        since = (tools.clock.now() - timedelta(days=DAYS)).date()
        reads: dict[str, int] = {}
        for one in tools.uses.reads(since):
            reads[one.asset] = reads.get(one.asset, 0) + one.count
        self._entries = list(_entries(spec, state, frozenset(held), reads))
        self._documents = [self._document(entry) for entry in self._entries]
        self._vocabulary = vocabulary_of(self._documents)

    def search(self, words: str, limit: int | None) -> Answer:
        """The datasets that these words mean, best first."""
        slots = slots_of(words, self._vocabulary, self._spec.glossary)
        ranked = rank(self._documents, slots)
        by_name = {entry.name: entry for entry in self._entries}
        found = []
        for one in ranked[:limit]:
            entry = by_name[one.name]
            typed = {w for m in one.matches if m.field == "column" for w in m.words}
            found.append(
                Found(
                    name=one.name,
                    kind=entry.kind,
                    description=entry.description,
                    owner=entry.owner,
                    is_served=entry.standing.is_served,
                    reads=entry.standing.reads,
                    score=one.score,
                    text=one.text,
                    trust=entry.standing.trust,
                    use=entry.standing.use,
                    matches=one.matches,
                    columns=tuple(c for c in entry.columns if typed & set(words_of(c))),
                )
            )
        return Answer(found=tuple(found), total=len(ranked), datasets=len(self._entries))

    def _document(self, entry: _Entry) -> Document:
        notes = [(key, text) for _, kept in entry.notes for key, text in kept]
        told = [entry.description, *entry.others]
        told += [text for key, text in notes if key == "description"]
        tags = [*entry.tags, *(text for key, text in notes if key != "description")]
        folder, _, last = entry.name.rpartition(".")
        return Document(
            name=entry.name,
            fields=(
                words_of(last),
                words_of(folder),
                words_of(" ".join(self._terms.get(entry.name, ()))),
                words_of(" ".join(entry.columns)),
                words_of(entry.owner),
                words_of(" ".join(tags)),
                words_of(" ".join(told)),
            ),
            standing=entry.standing,
        )


def _terms_by_use(spec: ProjectSpec) -> dict[str, list[str]]:
    """Names of the terms that are used in each dataset, be it in one of its columns."""
    names = {*declared(spec), *(source.name for source in spec.sources)}
    found: dict[str, list[str]] = {}
    for term in spec.glossary:
        for used in term.used_in:
            name = used if used in names else used.rpartition(".")[0]
            found.setdefault(name, []).extend((term.name, *term.synonyms))
    return found


def _entries(
    spec: ProjectSpec, state: State, held: frozenset[str], reads: Mapping[str, int]
) -> Iterator[_Entry]:
    graph, assets = graph_of(spec), declared(spec)
    verdicts = _verdicts(state)
    for source in spec.sources:
        yield _source(source, state)
    for name, asset in assets.items():
        snapshot = _served(state, name)
        standing = Standing(
            is_served=snapshot is not None,
            is_current=snapshot is not None and name not in held,
            passing=verdicts.get(snapshot.id, 0.5) if snapshot else 0.0,
            has_owner=bool(asset.owner),
            is_described=bool(asset.description),
            reads=reads.get(name, 0),
            built_on=len(graph.readers[name]),
        )
        yield _Entry(
            name=name,
            kind="table" if isinstance(asset, SourceTable) else kind_of(asset),
            description=asset.description,
            owner=asset.owner,
            tags=asset.tags,
            columns=_columns(asset, snapshot),
            notes=asset.column_notes,
            standing=standing,
        )
    for name, pointer in state.pointers.items():
        if name not in assets:
            columns = state.snapshots[pointer.snapshot_id].schema.names
            standing = Standing(is_served=True, reads=reads.get(name, 0))
            yield _Entry(name=name, kind="removed", columns=tuple(columns), standing=standing)


def _source(source: SourceSpec, state: State) -> _Entry:
    is_served = any(table.name in state.pointers for table in source.tables)
    return _Entry(
        name=source.name,
        kind="source",
        description=source.description,
        owner=source.owner,
        others=(source.system, source.legal_basis),
        standing=Standing(
            is_served=is_served,
            is_current=is_served,
            has_owner=bool(source.owner),
            is_described=bool(source.description),
        ),
    )


def _served(state: State, name: str) -> Snapshot | None:
    pointer = state.pointers.get(name)
    return state.snapshots[pointer.snapshot_id] if pointer else None


def _columns(asset: AssetSpec | SourceTable, snapshot: Snapshot | None) -> tuple[str, ...]:
    """Columns that are served, else those that are declared."""
    if snapshot is not None:
        return tuple(snapshot.schema.names)
    declared_here: Sequence[str] = [name for name, _ in (*asset.columns, *asset.column_notes)]
    return tuple(dict.fromkeys(declared_here))


def _verdicts(state: State) -> dict[str, float]:
    """How far the checks of each served snapshot pass."""
    worth = {"pass": 1.0, "warn": 0.5, "fail": 0.0}
    audits: dict[str, list[Audit]] = {}
    for (snapshot_id, _), audit in state.audits.items():
        if audit.results:
            audits.setdefault(snapshot_id, []).append(audit)
    return {key: min(worth[audit.verdict] for audit in found) for key, found in audits.items()}
