"""A field for a secret: its letters are not shown, and none of them gets into a clipboard."""

from textual.widgets import Input

LENGTH_MAX = 512


class SecretInput(Input):
    """Textual's own would copy the selected letters of a hidden field to the terminal's clipboard (OSC 52)."""

    def action_copy(self) -> None:
        """Nothing."""

    def action_cut(self) -> None:
        """Takes the selected letters out and keeps them nowhere."""
        self.delete_selection()


def password_field(name: str, placeholder: str, *, hidden: bool = True) -> SecretInput:
    """An empty field; `hidden` False for what a passer-by may read (a client code, a word to type)."""
    field = SecretInput(placeholder=placeholder, password=hidden, max_length=LENGTH_MAX, id=name, compact=True)
    field.cursor_blink = False
    return field
