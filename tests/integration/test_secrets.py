"""Secrets are looked up where they are used, and taken out of every text."""

from __future__ import annotations

from pathlib import Path

import pytest

from andon.errors import TaskFailed
from andon.sources.secrets import Secrets
from andon.spec.origin import Secret


def test_a_secret_comes_from_a_variable_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "hunter2/x")
    (tmp_path / "token").write_text("abc def\n")
    secrets = Secrets(tmp_path)
    found = secrets.plain(
        (
            ("host", "db"),
            ("password", Secret(via="env", name="SHOP_PASSWORD")),
            ("token", Secret(via="file", name="token")),
        )
    )
    assert found == {"host": "db", "password": "hunter2/x", "token": "abc def"}


def test_a_text_is_scrubbed_of_what_was_looked_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "hunter2/x")
    secrets = Secrets(tmp_path)
    secrets.value(Secret(via="env", name="SHOP_PASSWORD"))
    said = "cannot reach postgres://me:hunter2%2Fx@db (password hunter2/x)"
    assert secrets.scrub(said) == "cannot reach postgres://me:***@db (password ***)"


@pytest.mark.parametrize("via", ["env", "file", "keyring"])
def test_a_secret_that_is_not_there_is_named(tmp_path: Path, via: str) -> None:
    with pytest.raises(TaskFailed, match="`shop/nothing` holds no secret") as caught:
        Secrets(tmp_path).value(Secret(via=via, name="shop/nothing"))  # type: ignore[arg-type]
    assert caught.value.code == "SRC020"
