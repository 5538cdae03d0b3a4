"""Every screen that opens over another, in one import: loaded after the first frame, which needs none of them."""

from textual.widgets import Input

from terminal.screens.choice import CancelScreen, ChoiceScreen
from terminal.screens.details import order_details
from terminal.screens.dialogs import KeysScreen, LinesScreen, QuestionScreen
from terminal.screens.panic import PanicScreen
from terminal.screens.search import SearchScreen
from terminal.screens.ticket import TicketScreen
from terminal.screens.ticket_form import Terms, again_terms, exit_terms, new_terms

__all__ = [
    "CancelScreen",
    "ChoiceScreen",
    "Input",
    "KeysScreen",
    "LinesScreen",
    "PanicScreen",
    "QuestionScreen",
    "SearchScreen",
    "Terms",
    "TicketScreen",
    "again_terms",
    "exit_terms",
    "new_terms",
    "order_details",
]
