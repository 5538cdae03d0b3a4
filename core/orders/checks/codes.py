"""The numbers of the checks as bits, so that what failed is one integer."""

G0 = 1
(G1, G2, G3, G4, G5, G6, G7, G8, G9, G10) = (1 << n for n in range(1, 11))
(G11, G12, G13, G14, G15, G16, G17, G18, G19, G20) = (1 << n for n in range(11, 21))
(G21, G22, G23, G24, G25, G26, G27, G28, G29, G30) = (1 << n for n in range(21, 31))
(G31, G32, G33, G34, G35, G36, G37, G38, G39, G40) = (1 << n for n in range(31, 41))


def numbers(mask: int) -> tuple[int, ...]:
    """The numbers in a mask, rising."""
    return tuple(n for n in range(41) if mask >> n & 1)
