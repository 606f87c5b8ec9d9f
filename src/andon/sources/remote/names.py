"""Names of web servers, looked up so that nothing outside leads into an inner network."""

from __future__ import annotations

from typing import Any

from andon.sources.http.inner import is_inner
from andon.sources.http.redirects import INNER, Astray


class Names:
    """Looks names up for one HTTP client, in the place of its own `AbstractResolver`.

    What is looked up here is what is connected to, so a name cannot mean one address when it is
    judged and another one a moment later.

    Args:
        is_outward: whether names that lead into an inner network are refused.
    """

    def __init__(self, *, is_outward: bool) -> None:
        self._is_outward = is_outward
        self._inside: dict[str, bool] = {}

    async def client(self, **settings: Any) -> Any:
        """A client session that looks names up here, as fsspec asks for one."""
        import aiohttp

        self._system = aiohttp.DefaultResolver()
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=self), **settings)  # type: ignore[arg-type]

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> Any:
        """Addresses of a name.

        Raises:
            Astray: one of them is of an inner network, and none may be.
        """
        found = await self._system.resolve(host, port, family)  # type: ignore[arg-type]
        inside = [is_inner(one["host"]) for one in found]
        if self._is_outward and any(inside):
            raise Astray(f"//{host}", INNER)
        self._inside[host] = all(inside)
        return found

    async def close(self) -> None:
        """Let go of what looks names up. Safe to repeat."""
        await self._system.close()

    def is_inside(self, host: str) -> bool:
        """Whether a host is known to be of an inner network: by its address, or since it was looked up."""
        return is_inner(host) or self._inside.get(host, False)
