"""Every screen that opens over another, in one import: loaded after the first frame, which needs none of them."""

from textual.widgets import Input

from terminal.screens.choice import CancelScreen, ChoiceScreen
from terminal.screens.details import order_details
from terminal.screens.dialogs import KeysScreen, LinesScreen, NotLockedScreen, QuestionScreen
from terminal.screens.first_run import FirstRunScreen
from terminal.screens.limits import LimitsScreen
from terminal.screens.lock import LockScreen
from terminal.screens.panic import PanicScreen
from terminal.screens.prompts import PickScreen, PromptScreen
from terminal.screens.search import SearchScreen
from terminal.screens.ticket import TicketScreen
from terminal.screens.ticket_form import Terms, again_terms, exit_terms, new_terms
from terminal.screens.unlock import UnlockScreen

__all__ = [
    "CancelScreen",
    "ChoiceScreen",
    "FirstRunScreen",
    "Input",
    "KeysScreen",
    "LimitsScreen",
    "LinesScreen",
    "LockScreen",
    "NotLockedScreen",
    "PanicScreen",
    "PickScreen",
    "PromptScreen",
    "QuestionScreen",
    "SearchScreen",
    "Terms",
    "TicketScreen",
    "UnlockScreen",
    "again_terms",
    "exit_terms",
    "new_terms",
    "order_details",
]
