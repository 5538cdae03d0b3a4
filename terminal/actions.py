"""Every action as data: its id, keys, words, where it works, and when its hint gives way. Bindings are made from this.

Messages that name a key take it from here, so that they stay true when a key changes.
"""

from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding

from widgets.hints import Hint


class Scope(StrEnum):
    """Where an action works. `EVERYWHERE` is a priority binding on the app: inside inputs and over modals too."""

    EVERYWHERE = "everywhere"
    SCREENS = "every screen"
    TRADE = "trade screen"
    TABLES = "orders, positions and risk screens"
    ORDERS = "orders screen"
    POSITIONS = "positions screen"
    PROTECT = "stop and target"
    RISK = "risk screen"
    UNLATCH = "day-loss limit"
    HEALTH = "health screen"
    WATCH = "watchlist"
    CHAIN = "chain screen"
    CHART = "chart screen"
    REPLAY = "replay"
    TICKET = "ticket"
    PRICE = "ticket, price"
    QUANTITY = "ticket, quantity"
    PANIC = "PANIC overlay"
    SEARCH = "find"
    PROMPT = "a text"
    PICK = "a choice"
    DIALOG = "question or details"
    CHOICE = "order without a confirmed state"
    TYPED = "typed confirmation"
    LOCKED = "locked screen"
    LIMITS = "looser limits"
    FORM = "first run"


AFTER_INPUTS = frozenset(
    {
        *(Scope.SCREENS, Scope.TRADE, Scope.TABLES, Scope.ORDERS, Scope.POSITIONS, Scope.RISK),
        *(Scope.WATCH, Scope.CHAIN, Scope.CHART, Scope.REPLAY, Scope.HEALTH, Scope.PRICE, Scope.QUANTITY),
    }
)
"""Scopes whose keys an input with the focus takes first; the keys of all others go before it."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person can do. `run` is the Textual action; `rank` 0 gives no hint, else the highest leaves first.

    `hint` is the short word at the foot of the screen; `order_key` marks keys that may send something.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    scope: Scope
    run: str
    rank: int = 0
    hint: str = ""
    order_key: bool = False


def _screen(number: int, name: str) -> Action:
    return Action(f"screen.{number}", (str(number),), f"{name} screen", Scope.SCREENS, f"screen_number({number})")


SCREENS = ("Trade", "Orders", "Positions", "Chain", "Chart", "Risk", "Health", "Audit")

ACTIONS: tuple[Action, ...] = (
    Action("panic", ("f12", "ctrl+k"), "PANIC: cancel all, halt", Scope.EVERYWHERE, "app.panic", 1, "PANIC", True),
    Action("leave", ("ctrl+q",), "leave", Scope.EVERYWHERE, "app.leave"),
    Action("reconcile", ("ctrl+r",), "compare with the broker's books now", Scope.EVERYWHERE, "app.reconcile"),
    Action("lock", ("ctrl+l",), "lock the screen", Scope.EVERYWHERE, "app.lock"),
    Action("limits", ("ctrl+g",), "looser limits that wait", Scope.EVERYWHERE, "app.limits"),
    Action("order.buy", ("b", "f1"), "buy ticket for the row", Scope.TRADE, "ticket(1)", 1, "Buy"),
    Action("order.sell", ("s", "f2"), "sell ticket for the row", Scope.TRADE, "ticket(-1)", 2, "Sell"),
    Action("row.depth", ("d", "f6"), "depth of the row", Scope.TRADE, "depth", 6, "Depth"),
    Action("row.act", ("x",), "cancel the order / exit the position", Scope.TRADE, "act", 5, "Cancel/exit", True),
    Action("row.protect", ("e",), "stop, target, trailing stop of the position", Scope.TRADE, "protect"),
    Action("order.again", ("r",), "ticket again for an order that was not sent or was refused", Scope.TRADE, "again"),
    Action("row.details", ("enter",), "details of the row", Scope.TRADE, "details", 10, "Details"),
    Action("pane.orders", ("f3",), "orders", Scope.TRADE, "bottom('orders')", 7, "Orders"),
    Action("pane.trades", ("f8",), "trades", Scope.TRADE, "bottom('trades')", 8, "Trades"),
    Action("pane.positions", ("f9",), "positions", Scope.TRADE, "bottom('positions')", 9, "Positions"),
    Action("row.chart", ("c", "f7"), "chart of the row", Scope.TRADE, "chart", 13, "Chart"),
    Action("row.chain", ("O",), "option chain of the row", Scope.TRADE, "chain", 14, "Chain"),
    Action("find", ("slash", "ctrl+f"), "find an instrument", Scope.TRADE, "find", 3, "Find"),
    Action("help", ("question_mark",), "the keys", Scope.SCREENS, "help", 4, "Keys"),
    Action("pane.next", ("tab",), "next pane", Scope.TRADE, "pane(1)", 11, "Pane"),
    Action("pane.previous", ("shift+tab",), "previous pane", Scope.TRADE, "pane(-1)"),
    Action("tab.previous", ("left_square_bracket",), "previous list or table", Scope.TRADE, "tab(-1)"),
    Action("tab.next", ("right_square_bracket",), "next list or table", Scope.TRADE, "tab(1)", 12, "List/table"),
    Action("row.down", ("down", "j"), "down", Scope.TRADE, "move(1)"),
    Action("row.up", ("up", "k"), "up", Scope.TRADE, "move(-1)"),
    Action("page.down", ("pagedown",), "page down", Scope.TRADE, "page(1)"),
    Action("page.up", ("pageup",), "page up", Scope.TRADE, "page(-1)"),
    Action("row.first", ("home",), "first row", Scope.TRADE, "first"),
    Action("row.last", ("end",), "last row", Scope.TRADE, "last"),
    *(_screen(n, name) for n, name in enumerate(SCREENS, 1)),
    Action("table.back", ("escape",), "back to the trade screen", Scope.TABLES, "screen_number(1)", 12, "Back"),
    Action("table.down", ("down", "j"), "down", Scope.TABLES, "move(1)"),
    Action("table.up", ("up", "k"), "up", Scope.TABLES, "move(-1)"),
    Action("table.page.down", ("pagedown",), "page down", Scope.TABLES, "page(1)"),
    Action("table.page.up", ("pageup",), "page up", Scope.TABLES, "page(-1)"),
    Action("table.first", ("home",), "first row", Scope.TABLES, "first"),
    Action("table.last", ("end",), "last row", Scope.TABLES, "last"),
    Action("table.next", ("tab", "right_square_bracket"), "next table", Scope.TABLES, "table(1)", 8, "Table"),
    Action("table.previous", ("shift+tab", "left_square_bracket"), "previous table", Scope.TABLES, "table(-1)"),
    Action("table.sort", ("o",), "sort by the next column", Scope.TABLES, "sort(1)", 9, "Sort"),
    Action("table.reverse", ("O",), "sort the other way round", Scope.TABLES, "reverse"),
    Action("table.filter", ("f",), "show fewer rows: the next filter", Scope.TABLES, "filter(1)", 10, "Filter"),
    Action("table.buy", ("b", "f1"), "buy ticket for the row", Scope.TABLES, "ticket(1)", 3, "Buy"),
    Action("table.sell", ("s", "f2"), "sell ticket for the row", Scope.TABLES, "ticket(-1)", 4, "Sell"),
    Action("positions.exit", ("x",), "exit ticket for the position", Scope.POSITIONS, "exit", 1, "Exit"),
    Action("positions.protect", ("e",), "stop, target, trailing stop", Scope.POSITIONS, "protect", 2, "Stop/target"),
    Action(
        "positions.mark", ("T",), "value at the last trade or at the touch", Scope.POSITIONS, "mark", 7, "Last/touch"
    ),
    Action("positions.details", ("enter",), "all figures of the row", Scope.POSITIONS, "details", 6, "Details"),
    Action("orders.cancel", ("x",), "cancel the order", Scope.ORDERS, "cancel", 1, "Cancel", True),
    Action(
        "orders.again", ("r",), "ticket again for one that was not sent or refused", Scope.ORDERS, "again", 5, "Again"
    ),
    Action("orders.trace", ("enter",), "trace: what was on screen, and its times", Scope.ORDERS, "trace", 2, "Trace"),
    Action("health.retry", ("r",), "test the circuit now", Scope.HEALTH, "retry", 1, "Test now"),
    Action("health.force", ("w",), "hold the circuit open, or let it go", Scope.HEALTH, "force", 2, "Hold open"),
    Action("risk.unlatch", ("u",), "go on after the day-loss limit", Scope.RISK, "unlatch", 2, "Day loss"),
    Action("protect.take", ("enter",), "watch these levels", Scope.PROTECT, "take"),
    Action("protect.next", ("tab", "down"), "next field", Scope.PROTECT, "app.focus_next"),
    Action("protect.previous", ("shift+tab", "up"), "previous field", Scope.PROTECT, "app.focus_previous"),
    Action("protect.close", ("escape",), "close", Scope.PROTECT, "close"),
    Action("unlatch.take", ("enter",), "take the typed phrase", Scope.UNLATCH, "take"),
    Action("unlatch.close", ("escape",), "close", Scope.UNLATCH, "close"),
    Action("list.add", ("insert", "plus"), "find one and add it", Scope.WATCH, "find"),
    Action("list.remove", ("delete", "minus"), "remove the row", Scope.WATCH, "list_remove"),
    Action("list.up", ("shift+up", "K"), "move the row up", Scope.WATCH, "list_move(-1)"),
    Action("list.down", ("shift+down", "J"), "move the row down", Scope.WATCH, "list_move(1)"),
    Action("list.group", ("g",), "put the row into a group", Scope.WATCH, "list_group"),
    Action("list.sort", ("o",), "sort by a column", Scope.WATCH, "list_sort"),
    Action("list.filter", ("f",), "filter: chg > 2 and age < 5s", Scope.WATCH, "list_filter"),
    Action("list.pin", ("p",), "pin to the line of indices, or take off", Scope.WATCH, "list_pin"),
    Action("list.new", ("n",), "new list", Scope.WATCH, "list_new"),
    Action("list.rename", ("N",), "rename the list", Scope.WATCH, "list_rename"),
    Action("list.delete", ("D",), "delete the list", Scope.WATCH, "list_delete"),
    Action("list.csv", ("I",), "add the rows of a CSV file", Scope.WATCH, "list_csv"),
    Action("chain.back", ("escape",), "back to the trade screen", Scope.CHAIN, "screen_number(1)", 6, "Back"),
    Action("chain.buy", ("b", "f1"), "buy ticket for this side", Scope.CHAIN, "ticket(1)", 1, "Buy"),
    Action("chain.sell", ("s", "f2"), "sell ticket for this side", Scope.CHAIN, "ticket(-1)", 2, "Sell"),
    Action("chain.left", ("left", "h"), "the calls", Scope.CHAIN, "side(0)", 5, "Call/put"),
    Action("chain.right", ("right", "l"), "the puts", Scope.CHAIN, "side(1)"),
    Action("chain.down", ("down", "j"), "next strike", Scope.CHAIN, "move(1)"),
    Action("chain.up", ("up", "k"), "previous strike", Scope.CHAIN, "move(-1)"),
    Action("chain.page.down", ("pagedown",), "page down", Scope.CHAIN, "page(1)"),
    Action("chain.page.up", ("pageup",), "page up", Scope.CHAIN, "page(-1)"),
    Action("chain.atm", ("home", "a"), "to the money", Scope.CHAIN, "atm", 7, "ATM"),
    Action("chain.expiry.previous", ("left_square_bracket",), "earlier expiry", Scope.CHAIN, "expiry(-1)"),
    Action("chain.expiry.next", ("right_square_bracket",), "later expiry", Scope.CHAIN, "expiry(1)", 3, "Expiry"),
    Action("chain.under", ("u",), "next underlying", Scope.CHAIN, "underlying(1)", 8, "Underlying"),
    Action("chain.add", ("insert", "plus"), "add the option to the list", Scope.CHAIN, "add", 9, "Add to list"),
    Action("chain.chart", ("c", "f7"), "chart of the option", Scope.CHAIN, "chart", 10, "Chart"),
    Action("chart.back", ("escape",), "back to the trade screen", Scope.CHART, "screen_number(1)", 6, "Back"),
    Action("chart.shorter", ("left_square_bracket",), "shorter interval", Scope.CHART, "interval(-1)"),
    Action("chart.longer", ("right_square_bracket",), "longer interval", Scope.CHART, "interval(1)", 3, "Interval"),
    Action("chart.minute", ("m",), "one minute", Scope.CHART, "interval_named('1m')", 9, "1m"),
    Action("chart.day", ("D",), "one day", Scope.CHART, "interval_named('1D')", 10, "1D"),
    Action("chart.left", ("left", "h"), "older", Scope.CHART, "pan(10)", 5, "Older"),
    Action("chart.right", ("right", "l"), "newer", Scope.CHART, "pan(-10)"),
    Action("chart.newest", ("end",), "the newest", Scope.CHART, "newest"),
    Action("chart.wider", ("plus",), "wider candles", Scope.CHART, "zoom(1)", 7, "Zoom"),
    Action("chart.narrower", ("minus",), "narrower candles", Scope.CHART, "zoom(-1)"),
    Action("chart.next", ("down", "j"), "next of the list", Scope.CHART, "next(1)", 8, "Next row"),
    Action("chart.previous", ("up", "k"), "previous of the list", Scope.CHART, "next(-1)"),
    Action("chart.buy", ("b", "f1"), "buy ticket", Scope.CHART, "ticket(1)", 1, "Buy"),
    Action("chart.sell", ("s", "f2"), "sell ticket", Scope.CHART, "ticket(-1)", 2, "Sell"),
    Action("replay.toggle", ("space",), "play or pause", Scope.REPLAY, "replay_toggle", 1, "Play/pause"),
    Action("replay.step", ("full_stop",), "one packet on", Scope.REPLAY, "replay_step(1)", 3, "Step"),
    Action("replay.steps", ("greater_than_sign",), "a hundred packets on", Scope.REPLAY, "replay_step(100)"),
    Action("replay.back", ("comma",), "a minute back", Scope.REPLAY, "replay_skip(-60)", 4, "Minute back"),
    Action("replay.slower", ("less_than_sign",), "slower", Scope.REPLAY, "replay_speed(-1)", 2, "Slower"),
    Action("replay.faster", ("equals_sign",), "faster", Scope.REPLAY, "replay_speed(1)", 2, "Faster"),
    Action("replay.goto", ("G",), "go to a time of the day", Scope.REPLAY, "replay_goto", 5, "Go to"),
    Action("ticket.send", ("enter",), "send", Scope.TICKET, "send", 1, "send", True),
    Action("ticket.next", ("tab",), "next field", Scope.TICKET, "app.focus_next", 2, "next"),
    Action("ticket.previous", ("shift+tab",), "previous field", Scope.TICKET, "app.focus_previous"),
    Action("ticket.buy", ("f1",), "make it a buy", Scope.TICKET, "flip(1)"),
    Action("ticket.sell", ("f2",), "make it a sell", Scope.TICKET, "flip(-1)"),
    Action("ticket.product", ("f4",), "next product", Scope.TICKET, "product", 4, "product"),
    Action("ticket.largest", ("f5",), "the largest quantity that passes", Scope.TICKET, "largest", 3, "largest"),
    Action("ticket.close", ("escape",), "close", Scope.TICKET, "close", 5, "close"),
    Action("price.up", ("up",), "one tick up", Scope.PRICE, "nudge(1)"),
    Action("price.down", ("down",), "one tick down", Scope.PRICE, "nudge(-1)"),
    Action("price.up10", ("shift+up",), "ten ticks up", Scope.PRICE, "nudge(10)"),
    Action("price.down10", ("shift+down",), "ten ticks down", Scope.PRICE, "nudge(-10)"),
    Action("price.bid", ("b",), "the bid", Scope.PRICE, "take('bid')"),
    Action("price.ask", ("a",), "the ask", Scope.PRICE, "take('ask')"),
    Action("price.ltp", ("l",), "the last price", Scope.PRICE, "take('ltp')"),
    Action("price.mid", ("m",), "the middle", Scope.PRICE, "take('mid')"),
    Action("quantity.up", ("up",), "one lot more", Scope.QUANTITY, "lots(1)"),
    Action("quantity.down", ("down",), "one lot less", Scope.QUANTITY, "lots(-1)"),
    Action("panic.cancel", ("c",), "arm: cancel all orders", Scope.PANIC, "arm('cancel')"),
    Action("panic.halt", ("h",), "arm: HALT", Scope.PANIC, "arm('halt')"),
    Action("panic.undo", ("u",), "arm: undo halt", Scope.PANIC, "arm('undo')"),
    Action("panic.run", ("enter",), "run the armed row", Scope.PANIC, "run", order_key=True),
    Action("panic.close", ("escape",), "nothing happens", Scope.PANIC, "close"),
    Action("search.take", ("enter",), "add and go to it", Scope.SEARCH, "take"),
    Action("search.down", ("down",), "next result", Scope.SEARCH, "move(1)"),
    Action("search.up", ("up",), "previous result", Scope.SEARCH, "move(-1)"),
    Action("search.close", ("escape",), "close", Scope.SEARCH, "close"),
    Action("lock.open", ("enter",), "unlock", Scope.LOCKED, "unlock"),
    Action("limits.take", ("enter",), "accept", Scope.LIMITS, "take"),
    Action("limits.keep", ("f2",), "keep the old limits", Scope.LIMITS, "keep"),
    Action("limits.close", ("escape",), "close", Scope.LIMITS, "close"),
    Action("form.next", ("tab", "down"), "next field", Scope.FORM, "app.focus_next"),
    Action("form.previous", ("shift+tab", "up"), "previous field", Scope.FORM, "app.focus_previous"),
    Action("form.keyring", ("f2",), "let this computer's keyring open it too", Scope.FORM, "keyring"),
    Action("form.seed", ("f3",), "keep the TOTP seed too", Scope.FORM, "seed"),
    Action("form.save", ("enter",), "save", Scope.FORM, "save"),
    Action("prompt.take", ("enter",), "take it", Scope.PROMPT, "take"),
    Action("prompt.close", ("escape",), "close", Scope.PROMPT, "close"),
    Action("pick.take", ("enter",), "take it", Scope.PICK, "take"),
    Action("pick.down", ("down", "j"), "next", Scope.PICK, "move(1)"),
    Action("pick.up", ("up", "k"), "previous", Scope.PICK, "move(-1)"),
    Action("pick.close", ("escape",), "close", Scope.PICK, "close"),
    Action("dialog.yes", ("enter",), "yes, or close", Scope.DIALOG, "yes"),
    Action("dialog.no", ("escape",), "no, or close", Scope.DIALOG, "no"),
    Action("choice.wait", ("w",), "arm: wait", Scope.CHOICE, "arm('wait')"),
    Action("choice.resend", ("r",), "arm: send a second one", Scope.CHOICE, "arm('resend')"),
    Action("choice.not_placed", ("n",), "arm: it was not placed", Scope.CHOICE, "arm('not placed')"),
    Action("choice.run", ("enter",), "do what is armed", Scope.CHOICE, "run", order_key=True),
    Action("choice.close", ("escape",), "decide nothing", Scope.CHOICE, "close"),
    Action("typed.run", ("enter",), "send", Scope.TYPED, "run", order_key=True),
    Action("typed.close", ("escape",), "send nothing", Scope.TYPED, "close"),
)

_NAMES = {
    "slash": "/",
    "question_mark": "?",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "escape": "Esc",
    "pagedown": "PgDn",
    "plus": "+",
    "minus": "-",
    "comma": ",",
    "full_stop": ".",
    "greater_than_sign": ">",
    "less_than_sign": "<",
    "equals_sign": "=",
    "insert": "Ins",
    "delete": "Del",
    "space": "Space",
    "pageup": "PgUp",
}


def action(action_id: str) -> Action:
    """The action of an id; KeyError for one that does not exist."""
    return _BY_ID[action_id]


_BY_ID = {a.id: a for a in ACTIONS}


def key_name(key: str) -> str:
    """A key as it is written on a keyboard: `F12`, `Ctrl+K`, `/`, `b`."""
    if key in _NAMES:
        return _NAMES[key]
    return "+".join(part if len(part) == 1 and "+" not in key else part.capitalize() for part in key.split("+"))


def key_of(action_id: str) -> str:
    """The first key of an action, as written on a keyboard."""
    return key_name(action(action_id).keys[0])


def keys_of(action_id: str) -> str:
    """All keys of an action: `b F1`."""
    return " ".join(key_name(k) for k in action(action_id).keys)


def bindings(scope: Scope) -> list[Binding]:
    """The Textual bindings of a scope. Those of `EVERYWHERE` have priority over whatever has the focus."""
    first = scope not in AFTER_INPUTS
    return [
        Binding(",".join(a.keys), a.run, a.label, show=False, priority=first, id=a.id)
        for a in ACTIONS
        if a.scope is scope
    ]


def hints(*scopes: Scope) -> tuple[Hint, ...]:
    """The hints of scopes, first those that leave last."""
    ranked = sorted((a for a in ACTIONS if a.scope in scopes and a.rank), key=lambda a: a.rank)
    return tuple(Hint(key_name(a.keys[0]), a.hint, a.rank) for a in ranked)
