"""Macros of a project beside the functions of the engine."""

from __future__ import annotations

from pathlib import Path

import pytest

import andon
from tests.factories import SHOP, rows_of, write_project


def test_a_macro_in_the_place_of_a_function_cannot_make_a_check_pass(tmp_path: Path) -> None:
    twice = {"data/orders.csv": "order_id,customer_id,amount\n1,100,25\n1,100,25\n"}
    macros = {"macros/m.sql": "create macro sum(x) as 0;\n"}
    write_project(tmp_path, {**SHOP, **twice, **macros})
    with andon.open(tmp_path) as project:
        project.run()
    with pytest.raises(andon.AndonError):
        rows_of(tmp_path, "from staging.orders")


@pytest.mark.parametrize("name", ["sum", '"Max"', "bool_and", '"~~"'])
def test_a_macro_may_not_take_the_name_of_a_function(tmp_path: Path, name: str) -> None:
    write_project(tmp_path, {"macros/m.sql": f"create macro {name}(a, b := 1) as 0;\n"})
    with andon.open(tmp_path) as project, pytest.raises(andon.AndonError, match="ENG018"):
        project.query("select 1 as a")
