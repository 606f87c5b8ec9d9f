"""What is found, and what comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as of

from andon.discovery.query import FIELDS, slots_of
from andon.discovery.rank import Document, Match, Ranked, Standing, rank, vocabulary_of
from andon.discovery.words import words_of
from andon.spec.glossary import Term

TRUSTED = Standing(is_served=True, is_current=True, passing=1.0, has_owner=True, is_described=True)
READ = Standing(reads=50)


@dataclass
class Shelf:
    """Documents with some fields, and what words find among them."""

    documents: list[Document] = of(default_factory=list)
    terms: Sequence[Term] = ()

    def add(self, name: str, standing: Standing | None = None, **texts: str) -> Shelf:
        folder, _, last = name.rpartition(".")
        every = {"name": last, "folder": folder, **texts}
        fields = tuple(words_of(every.get(one, "")) for one in FIELDS)
        self.documents.append(Document(name=name, fields=fields, standing=standing or Standing()))
        return self

    def ranked(self, words: str) -> tuple[Ranked, ...]:
        return rank(self.documents, slots_of(words, vocabulary_of(self.documents), self.terms))

    def find(self, words: str) -> list[str]:
        return [one.name for one in self.ranked(words)]


def test_what_has_none_of_the_words_is_not_found() -> None:
    assert Shelf().add("m.orders").add("m.visits").find("orders") == ["m.orders"]
    assert Shelf().add("m.orders").find("penguins") == []


def test_a_name_tells_more_than_a_column_and_that_more_than_a_description() -> None:
    shelf = Shelf().add("m.a", text="all refunds").add("m.b", column="refund id").add("m.refunds")
    assert shelf.find("refunds") == ["m.refunds", "m.b", "m.a"]


def test_all_words_come_before_many_of_one() -> None:
    shelf = Shelf().add("m.order_orders", text="orders of orders").add("m.order_history")
    assert shelf.find("order history")[0] == "m.order_history"


def test_what_is_called_so_comes_before_what_is_also_called_so() -> None:
    shelf = Shelf().add("m.quotes_by_region").add("m.quotes").add("m.quotes_daily")
    assert shelf.find("quotes") == ["m.quotes", "m.quotes_daily", "m.quotes_by_region"]


def test_trust_decides_between_datasets_of_the_same_words() -> None:
    assert Shelf().add("a.orders").add("b.orders", TRUSTED).find("orders")[0] == "b.orders"


def test_use_decides_between_datasets_of_the_same_words_and_trust() -> None:
    assert Shelf().add("a.orders").add("b.orders", READ).find("orders")[0] == "b.orders"


def test_neither_lifts_what_is_about_something_else() -> None:
    loved = Standing(
        is_served=True,
        is_current=True,
        passing=1.0,
        has_owner=True,
        is_described=True,
        reads=10_000,
        built_on=50,
    )
    shelf = Shelf().add("m.visits", loved, text="visits, also after returns").add("m.returns")
    assert shelf.find("returns")[0] == "m.returns"


def test_a_slip_of_the_keyboard_finds_what_was_meant() -> None:
    shelf = Shelf().add("m.customers").add("m.orders")
    for typed in ("custmers", "customres", "cusstomers", "custimer"):
        assert shelf.find(typed) == ["m.customers"], typed


def test_a_beginning_finds_its_words() -> None:
    assert Shelf().add("m.warehouses").add("m.wares").find("wareh") == ["m.warehouses"]


def test_a_synonym_finds_what_is_called_otherwise_but_its_own_name_comes_first() -> None:
    shelf = Shelf(terms=(Term(name="customer", synonyms=("client", "account holder")),))
    shelf.add("m.customers").add("m.clients").add("m.orders")
    assert shelf.find("clients") == ["m.clients", "m.customers"]
    assert shelf.find("account holders") == ["m.clients", "m.customers"]


def test_a_synonym_of_several_words_needs_all_of_them() -> None:
    shelf = Shelf(terms=(Term(name="stock level", synonyms=("inventory",)),))
    shelf.add("m.stock_levels").add("m.noise_levels").add("m.stock")
    assert shelf.find("inventory") == ["m.stock_levels"]


def test_a_mistyped_synonym_is_one_all_the_same() -> None:
    shelf = Shelf(terms=(Term(name="stock level", synonyms=("inventory",)),))
    assert shelf.add("m.stock_levels").find("inventroy") == ["m.stock_levels"]


def test_a_word_may_say_where_it_has_to_stand() -> None:
    shelf = Shelf().add("m.sales").add("m.orders", owner="sales").add("m.visits", owner="web")
    assert shelf.find("owner:sales") == ["m.orders"]
    assert shelf.find("owner:sales visits") == ["m.orders"]
    assert shelf.find("column:sales") == []


def test_words_that_tell_nothing_are_left_out_unless_there_are_no_others() -> None:
    shelf = Shelf().add("m.orders", text="the orders of the day").add("m.the_who")
    assert shelf.find("the orders") == ["m.orders"]
    assert shelf.find("the who")[0] == "m.the_who"


def test_why_a_dataset_was_found_is_told() -> None:
    shelf = Shelf(terms=(Term(name="customer", synonyms=("client",)),)).add("m.customers")
    (found,) = shelf.ranked("client")
    assert found.matches == (Match(typed="client", field="name", words=("customers",)),)


def test_nothing_typed_finds_nothing() -> None:
    assert Shelf().add("m.orders").find("") == Shelf().find("orders") == []


def test_each_thing_that_speaks_for_a_dataset_adds_to_its_trust() -> None:
    steps = [
        Standing(),
        Standing(has_owner=True),
        Standing(has_owner=True, is_described=True),
        Standing(has_owner=True, is_described=True, is_served=True),
        Standing(has_owner=True, is_described=True, is_served=True, is_current=True),
        Standing(has_owner=True, is_described=True, is_served=True, is_current=True, passing=0.5),
        TRUSTED,
    ]
    trust = [one.trust for one in steps]
    assert trust == sorted(set(trust))
    assert (trust[0], trust[-1]) == (0.0, 1.0)
