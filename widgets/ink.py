"""Inks: the named colours that cells are written in, as Rich styles made once per theme.

Colour never stands alone: whoever writes in `gain` or `buy` also writes a sign, an arrow or a letter.
"""

from collections.abc import Mapping
from enum import StrEnum

from rich.style import Style


class Ink(StrEnum):
    """What a piece of text is; the theme decides how that looks."""

    TEXT = "text"
    DIM = "dim"
    HEAD = "head"
    STRONG = "strong"
    BUY = "buy"
    SELL = "sell"
    GAIN = "gain"
    LOSS = "loss"
    WARN = "warn"
    ALARM = "alarm"
    KEY = "key"
    BADGE_CALM = "badge-calm"
    BADGE_LIVE = "badge-live"
    BADGE_WARN = "badge-warn"


FALLBACK = {
    "tz-background": "#0F131A",
    "tz-text": "#E6EDF3",
    "tz-dim": "#8B949E",
    "tz-buy": "#4C9AFF",
    "tz-sell": "#FF8A3D",
    "tz-gain": "#7EE787",
    "tz-loss": "#F0525F",
    "tz-warn": "#FFE66D",
    "tz-cursor": "#22314A",
    "tz-cursor-idle": "#171E29",
    "tz-line": "#3A4350",
}
"""The colours of the default theme (docs: contrast of each against the background is 5.4 or more)."""


def inks(variables: Mapping[str, str]) -> dict[Ink, Style]:
    """The style of every ink from theme variables named `tz-…`; missing ones fall back."""

    def colour(name: str) -> str:
        return variables.get(f"tz-{name}", FALLBACK[f"tz-{name}"])

    dark = colour("background")
    return {
        Ink.TEXT: Style(color=colour("text")),
        Ink.DIM: Style(color=colour("dim")),
        Ink.HEAD: Style(color=colour("dim"), bold=True),
        Ink.STRONG: Style(color=colour("text"), bold=True),
        Ink.BUY: Style(color=colour("buy")),
        Ink.SELL: Style(color=colour("sell")),
        Ink.GAIN: Style(color=colour("gain")),
        Ink.LOSS: Style(color=colour("loss")),
        Ink.WARN: Style(color=colour("warn")),
        Ink.ALARM: Style(color=dark, bgcolor=colour("loss"), bold=True),
        Ink.KEY: Style(color=colour("text"), bold=True),
        Ink.BADGE_CALM: Style(color=dark, bgcolor=colour("buy"), bold=True),
        Ink.BADGE_LIVE: Style(color=dark, bgcolor=colour("loss"), bold=True),
        Ink.BADGE_WARN: Style(color=dark, bgcolor=colour("warn"), bold=True),
    }


def row_style(variables: Mapping[str, str], *, cursor: bool, focused: bool) -> Style:
    """The ground of a row: text on the background, or on the cursor's bar."""
    ground = "tz-background" if not cursor else "tz-cursor" if focused else "tz-cursor-idle"
    return Style(
        color=variables.get("tz-text", FALLBACK["tz-text"]),
        bgcolor=variables.get(ground, FALLBACK[ground]),
    )
