"""Contracts as YAML text."""

from __future__ import annotations

from typing import Any

import yaml


def contract_text(document: dict[str, Any], note: str) -> str:
    """YAML of a contract, keys in the order they have, with a remark above."""
    text: str = yaml.safe_dump(
        document, sort_keys=False, allow_unicode=True, default_flow_style=False, width=100
    )
    return f"# {note}\n{text}"
