"""The day's instrument master, fetched from where the broker publishes it and parsed off the loop."""

import asyncio

from core.brokers.transport import Failure, Transport
from core.clock import Clock
from core.errors import UserError
from core.market.instruments import Catalogue

PATH = "/OpenAPI_File/files/OpenAPIScripMaster.json"
DEADLINE_S = 15.0


async def fetch_master(base_url: str, clock: Clock) -> Catalogue:
    """The master at an origin. Raises UserError when it cannot be had or holds nothing that can be traded."""
    transport = Transport(base_url, clock)
    try:
        answer = await transport.request("GET", PATH, {}, None, deadline_s=DEADLINE_S)
    finally:
        await transport.aclose()
    if isinstance(answer, Failure) or answer.status != 200:
        why = answer.why if isinstance(answer, Failure) else f"HTTP {answer.status}"
        raise UserError(f"the instrument master could not be read from {base_url}: {why}. Start again.")
    catalogue, _ = await asyncio.to_thread(Catalogue.read, answer.body)
    if not catalogue.all():
        raise UserError(f"the instrument master of {base_url} holds no instrument. Start again.")
    return catalogue
