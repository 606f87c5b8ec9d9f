"""Who is at the keyboard, or which program: for the record."""

from __future__ import annotations

import os


def whoami() -> str:
    """ANDON_USER where it is set, otherwise the name of the user signed in."""
    import getpass

    named = os.environ.get("ANDON_USER", "")
    try:
        return named or getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
