"""Sell authorisations (EDIS): a request, a TPIN, then shares may be sold for the rest of the day.

No depository is asked.

Shapes: the official EDIS page. Ids are counted, so that the same requests give the same ids.
"""

import base64

import msgspec

from core.exchange.errorcodes import refusal
from core.exchange.ledger.demat import Demat, Held, isin_of
from core.exchange.orders import Refusal
from core.money import wire_int

Text = str | int | float | None
REQUESTS_MAX = 1_000
DEPOSITORY, OWNER = "33200", "1203320000000017"
"""The depository participant and an invented owner account, as the official sample has them."""


class EdisBody(msgspec.Struct):
    """The bodies of the three calls."""

    isin: Text = ""
    quantity: Text = ""
    dpId: Text = ""
    ReqId: Text = ""
    boid: Text = ""
    pan: Text = ""


class _Asked(msgspec.Struct):
    held: Held
    quantity: int
    done: bool = False


class Edis:
    """The day's authorisation requests of one account."""

    def __init__(self, demat: Demat) -> None:
        self._demat = demat
        self._asked: dict[str, _Asked] = {}

    def verify(self, body: EdisBody) -> dict[str, object] | Refusal:
        """A request id for shares that are held."""
        quantity = wire_int(body.quantity)
        held = next((row for row in self._demat.rows() if isin_of(row.key) == str(body.isin)), None)
        if held is None:
            return refusal("AB1015")
        if quantity is None or not 0 < quantity <= held.units or len(self._asked) >= REQUESTS_MAX:
            return refusal("AG2001")
        request_id = f"818{len(self._asked) + 1:013d}"
        self._asked[request_id] = _Asked(held, quantity)
        details = base64.b64encode(f"practice {body.isin} {quantity}".encode()).decode()
        return {
            "ReqId": request_id,
            "ReturnURL": "https://trade.angelbroking.com/cdslpoa/response",
            "DPId": DEPOSITORY,
            "BOID": OWNER,
            "TransDtls": details,
            "version": "1.1",
        }

    def tpin(self, body: EdisBody) -> Refusal | None:
        """The TPIN was given: the shares of the request may be sold."""
        asked = self._asked.get(str(body.ReqId))
        if asked is None:
            return refusal("AG2001")
        if not asked.done:
            asked.done = True
            asked.held.authorised = min(asked.held.units, asked.held.authorised + asked.quantity)
        return None

    def status(self, body: EdisBody, time_text: str) -> dict[str, object] | Refusal:
        asked = self._asked.get(str(body.ReqId))
        if asked is None:
            return refusal("AG2001")
        return {
            "ReqId": str(body.ReqId),
            "ReqType": "D",
            "ResId": f"R{body.ReqId}",
            "ResStatus": "Success" if asked.done else "Pending",
            "ResTime": time_text,
            "ResError": "",
            "Remarks": "",
        }
