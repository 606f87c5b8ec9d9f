"""Code that an asset reaches by other ways than by name, and macros that call each other."""

from __future__ import annotations

from pathlib import Path

import pytest

import andon
from tests.factories import rows_of, write_project

ASSET = "from andon import asset\nfrom lib.h import f\n\n\n@asset()\ndef p():\n    return f()\n"


@pytest.mark.parametrize(
    "code",
    [
        'A = 1\ndef f(): return globals()["A"]\n',
        "import sys\nA = 1\ndef f(): return sys.modules[__name__].A\n",
        'from sys import modules\nA = 1\ndef f(): return modules["lib.h"].A\n',
        'import runpy\ndef f(): return runpy.run_path("lib/z.py")\n',
        'import builtins\ndef f(): return getattr(builtins, "ev" + "al")("1")\n',
        "import importlib.util as u\ndef f(): return u.module_from_spec(None)\n",
    ],
)
def test_code_reached_without_a_name_is_an_error(tmp_path: Path, code: str) -> None:
    write_project(tmp_path, {"assets/a/p.py": ASSET, "lib/h.py": code})
    with andon.open(tmp_path) as project, pytest.raises(andon.ProjectInvalid, match="PRJ024"):
        project.plan()


def test_macros_may_call_each_other_whatever_their_names(tmp_path: Path) -> None:
    macros = "create macro a(x) as m(x) + 1;\ncreate macro m(x) as z(x) * 2;\n"
    files = {"macros/m.sql": macros, "macros/z.sql": "create macro z(x) as x + 3;\n"}
    write_project(tmp_path, {**files, "assets/a/x.sql": "select a(1) as n"})
    with andon.open(tmp_path) as project:
        project.run()
    assert rows_of(tmp_path, "from a.x") == [(9,)]
