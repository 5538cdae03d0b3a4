"""The engine on fakes, started and reconciled, under a clock that moves when told."""

from collections.abc import AsyncIterator

import pytest

from tests.engine.rig import Rig


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    made = Rig()
    await made.start()
    yield made
    await made.stop()
