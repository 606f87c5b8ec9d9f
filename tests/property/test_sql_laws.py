"""Laws of the lexer and the canonical form."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from andon.sql.canonical import FIXED_WORDS, canonical
from andon.sql.lex import lex

NAMES = st.sampled_from(["a", "b", "Amount", '"Quoted x"', "t.id", "é", "f(a)", "l[1]"])
VALUES = st.sampled_from(["1", "2.5", "'x'", "'it''s'", "$p", "null", "$$d$$", "-3"])
OPERATORS = st.sampled_from(["+", "-", "*", "=", "<>", "and", "or", "||", "->>", "like"])
GAPS = st.sampled_from([" ", "\n", "\t ", " -- note\n", " /* a /* b */ c */ ", "\r\n"])


@st.composite
def words(draw: st.DrawFn) -> list[str]:
    """A query as words that may be parted by any layout."""
    items: list[str] = []
    for _ in range(draw(st.integers(1, 4))):
        items += [
            draw(NAMES),
            draw(OPERATORS),
            draw(VALUES),
            "as",
            draw(st.sampled_from("xyz")),
            ",",
        ]
    return ["select", *items[:-1], "from", "s.t", "where", draw(NAMES), "=", draw(VALUES)]


@given(words(), st.data())
def test_layout_comments_and_case_of_keywords_leave_it_as_it_is(
    query: list[str], data: st.DataObject
) -> None:
    other = ""
    for word in query:
        spelled = word.upper() if word in FIXED_WORDS and data.draw(st.booleans()) else word
        other += spelled + data.draw(GAPS)
    assert canonical(other + ";") == canonical(" ".join(query))


@given(words(), st.data())
def test_one_changed_token_of_meaning_changes_it(query: list[str], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(query) - 1))
    new = data.draw(st.one_of(NAMES, VALUES, OPERATORS).filter(lambda one: one != query[index]))
    changed = [*query[:index], new, *query[index + 1 :]]
    assert canonical(" ".join(changed)) != canonical(" ".join(query))


@given(words(), st.data())
def test_one_token_less_changes_it(query: list[str], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(query) - 1))
    assert canonical(" ".join(query[:index] + query[index + 1 :])) != canonical(" ".join(query))


@given(st.text(alphabet=st.sampled_from("ab '\"-/*$e\n\\;().1:|é\u00a0")))
@settings(max_examples=300)
def test_any_text_is_lexed_in_order_and_without_loss(text: str) -> None:
    position = 0
    for token in lex(text):
        assert token.start >= position
        assert text[token.start : token.end] == token.text
        position = token.end
