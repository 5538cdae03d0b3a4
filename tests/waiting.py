"""Waiting for a condition with a deadline, never for a fixed time."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], object], limit_s: float = 5.0) -> None:
    """Return as soon as `condition` holds; TimeoutError when it does not within the limit."""
    async with asyncio.timeout(limit_s):
        while not condition():  # noqa: ASYNC110  the condition lives on the other side of a socket
            await asyncio.sleep(0.005)
