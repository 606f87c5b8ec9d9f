"""Documents that are pushed: nothing is asked, so there is nothing to declare but the table."""

from __future__ import annotations

from andon.project.fields import Fields
from andon.project.origins.kind import OriginKind
from andon.spec.origin import PushOrigin


def read(table: Fields, connection: Fields | None) -> PushOrigin:  # noqa: ARG001
    """The origin of a table that is pushed into."""
    return PushOrigin()


PUSH = OriginKind(connection_keys=(), table_keys=(), read=read)
