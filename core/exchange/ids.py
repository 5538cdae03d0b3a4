"""Identifiers of orders and fills. Pure."""

import random
import uuid
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Ids:
    """Identifiers of one day of one run: the same for the same seed, never twice."""

    day: date
    run: int
    seed: int

    def order(self, serial: int) -> str:
        """15 digits: YYMMDD of the market day, two of the run, seven of the serial."""
        return f"{self.day:%y%m%d}{self.run % 100:02d}{serial:07d}"

    def unique(self, serial: int) -> str:
        rng = random.Random(f"{self.seed}/{self.run}/{self.day}/{serial}")
        return str(uuid.UUID(int=rng.getrandbits(128), version=4))

    def exchange(self, serial: int) -> str:
        return f"11{self.run % 100:02d}{serial:012d}"

    def fill(self, serial: int) -> str:
        return f"5{serial:07d}"
