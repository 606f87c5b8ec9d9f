"""Problems as people read them."""

from __future__ import annotations

from andon.errors import Problem, Where, render_problem


def problem(where: Where | None) -> Problem:
    return Problem(code="PRJ004", what="a thing", why="a rule", fix="a step", where=where)


def test_a_problem_names_place_reason_and_next_step() -> None:
    where = Where(path="a/b.sql", line=7, column=6, length=10, text="from raw.ordres")

    assert render_problem(problem(where)) == (
        "error[PRJ004]: a thing\n"
        "  --> a/b.sql:7:6\n"
        "   7 | from raw.ordres\n"
        "     |      ^^^^^^^^^^\n"
        "  why: a rule\n"
        "  fix: a step\n"
        "  more: andon explain PRJ004"
    )


def test_a_problem_without_a_place_has_no_excerpt() -> None:
    assert render_problem(problem(None)).splitlines()[1] == "  why: a rule"


def test_control_characters_of_a_file_do_not_reach_the_terminal() -> None:
    where = Where(path="a.sql", line=1, column=1, text="\x1b[31mselect\t1")

    assert "\x1b" not in render_problem(problem(where))


def test_a_long_line_is_cut_around_the_place() -> None:
    where = Where(path="a.sql", line=1, column=501, length=3, text="x" * 500 + "abc" + "y" * 500)

    shown, marks = render_problem(problem(where)).splitlines()[2:4]

    assert len(shown) < 140
    assert shown[marks.index("^") : marks.index("^") + 3] == "abc"
