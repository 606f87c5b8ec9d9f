"""Whatever is wrong in the file of a source, no message shows a value that may be a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from andon.errors import ProjectInvalid
from andon.project.load import load
from tests.factories import write_project

_POSTGRES = "connection:\n  kind: postgres\n  database: shop\n"
_HTTP = "connection:\n  kind: http\n  url: https://api.example.com\n"
_TABLES = "tables:\n  orders: {relation: public.orders}\n"
_ISSUES = "tables:\n  issues: {path: /issues}\n"

WRONG = {
    "mistyped": f"{_POSTGRES}  pasword: hunter2\n{_TABLES}",
    "not indented": f"{_POSTGRES}password: hunter2\n{_TABLES}",
    "no connection": "password: hunter2\ntables:\n  orders: {path: a.csv}\n",
    "beside a wrong key": "connection: {kind: postgres, database: shop, password: hunter2, prot: 5}\n"
    + _TABLES,
    "in JSON": '{"connection":{"kind":"postgres","database":"shop","pasword":"hunter2"},'
    '"tables":{"orders":{"relation":"a"}}}\n',
    "over lines": f"connection: {{\nkind: postgres,\npasword: hunter2}}\n{_TABLES}",
    "written twice": f"{_POSTGRES}  password: {{env: P}}\n  password: hunter2\n{_TABLES}",
    "a sign that YAML takes": f"{_POSTGRES}  password: @hunter2\n{_TABLES}",
    "a colon that YAML takes": f"{_POSTGRES}  password: hunter2: 1\n{_TABLES}",
    "a tag to YAML": f"{_POSTGRES}  password: !hunter2\n{_TABLES}",
    "an alias to YAML": f"{_POSTGRES}  password: *hunter2\n{_TABLES}",
    "in a list": f"{_POSTGRES}  password: [hunter2]\n{_TABLES}",
    "in a wrong reference": f"{_POSTGRES}  password: {{envv: hunter2}}\n{_TABLES}",
    "an address for a mapping": f"connection: postgres://me:hunter2@db/shop\n{_TABLES}",
    "an address for a key": f"connection: {{'postgres://me:hunter2@db/x': 1}}\n{_TABLES}",
    "an address without kind": f"connection: {{url: 'postgres://me:hunter2@db/x'}}\n{_TABLES}",
    "a header for `auth`": f"{_HTTP}  auth: bearer hunter2\n{_ISSUES}",
    "mistyped below `auth`": f"{_HTTP}  auth: {{baerer: hunter2}}\n{_ISSUES}",
    "beside a wrong key of `auth`": f"{_HTTP}  auth: {{basic: {{usr: me, password: hunter2}}}}\n"
    + _ISSUES,
    "in a list of `headers`": f"{_HTTP}  headers: {{X-Tenant: [hunter2]}}\n{_ISSUES}",
    "in a path": f"{_HTTP}tables:\n  issues: {{path: '/issues?token=hunter2', modde: full}}\n",
    "in an address of files": "tables:\n  a: {path: 's3://key:hunter2@shop/a.csv', pth: 5}\n",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_a_secret_in_a_wrong_place_is_not_shown(tmp_path: Path, text: str) -> None:
    write_project(tmp_path, {"sources/shop.yml": text})
    with pytest.raises(ProjectInvalid) as caught:
        load(tmp_path)
    assert "sources/shop.yml:" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_number_is_not_shown_either(tmp_path: Path) -> None:
    source = f"{_HTTP}  auth: {{basic: 4711}}\n{_ISSUES}"
    write_project(tmp_path, {"sources/shop.yml": source})
    with pytest.raises(ProjectInvalid, match="it is a number here") as caught:
        load(tmp_path)
    assert "4711" not in str(caught.value)


@pytest.mark.parametrize(
    "settings",
    [
        'settings={"tokn": "hunter2"}',
        'mode="merge", settings={"token": "hunter2"}',
        'settings={"token": "hunter2}',
    ],
)
def test_a_secret_in_a_source_in_python_is_not_shown(tmp_path: Path, settings: str) -> None:
    code = f"from andon import source\n\n\n@source({settings})\ndef rows(token):\n    yield {{}}\n"
    write_project(tmp_path, {"sources/shop.py": code})
    with pytest.raises(ProjectInvalid) as caught:
        load(tmp_path)
    assert "sources/shop.py:4" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_the_keys_of_the_line_are_shown(tmp_path: Path) -> None:
    source = f"connection: {{kind: postgres, prot: 5432, password: hunter2}}\n{_TABLES}"
    write_project(tmp_path, {"sources/shop.yml": source})
    with pytest.raises(ProjectInvalid) as caught:
        load(tmp_path)
    shown = "   1 | connection: {kind: ********, prot: ****, password: *******}\n"
    assert shown + "     |                              ^^^^\n" in str(caught.value)
