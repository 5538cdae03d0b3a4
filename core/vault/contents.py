"""What is inside, and its bytes: padded, so that the length of the file says little."""

from dataclasses import dataclass
from typing import Self

import msgspec

from core.secret import Secret

BLOCK = 1024


class _Packed(msgspec.Struct):
    root: bytes
    items: dict[str, str]


@dataclass(frozen=True, slots=True, repr=False)
class Contents:
    """`root` is 32 random bytes that last as long as the vault; keys for other uses are derived from it."""

    root: bytes
    items: dict[str, Secret]

    def with_items(self, changes: dict[str, Secret | None]) -> "Contents":
        """A copy with these set, or taken out where None."""
        merged = {**self.items, **changes}
        return Contents(self.root, {name: value for name, value in merged.items() if value is not None})

    def pack(self) -> bytes:
        packed = _Packed(self.root, {name: value.reveal() for name, value in sorted(self.items.items())})
        data = msgspec.msgpack.encode(packed)
        framed = len(data).to_bytes(4, "big") + data
        return framed + bytes(-len(framed) % BLOCK)

    @classmethod
    def unpack(cls, plain: bytes) -> Self | None:
        """None for bytes that `pack` does not make."""
        length = int.from_bytes(plain[:4], "big")
        try:
            packed = msgspec.msgpack.decode(plain[4 : 4 + length], type=_Packed)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        return cls(packed.root, {name: Secret(text) for name, text in packed.items.items()})
