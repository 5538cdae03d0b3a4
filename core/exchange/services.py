"""The REST services on Litestar: one typed body for each, answers in Angel's envelopes, never the framework's own."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.di import Provide
from litestar.exceptions import HTTPException

from core.exchange import paths
from core.exchange.envelopes import MALFORMED, failure, gateway_failure, success
from core.exchange.errorcodes import of_gateway, refusal
from core.exchange.faults import Faults
from core.exchange.orders import OwnOrder, Refusal
from core.exchange.quoterows import ltp_row, master_row, quote_row, search_rows
from core.exchange.rest import data as data_services
from core.exchange.rest import gtt as gtt_services
from core.exchange.rest import ledger as ledger_services
from core.exchange.rest.given import Json, TheFaults, TheSessions, TheVenue, key_of
from core.exchange.rules import OrderBody, Text
from core.exchange.sessions import Sessions, Tokens, bare
from core.exchange.switches import account_refusal
from core.exchange.venue import Venue

QUOTE_TOKENS_MAX = 50
REJECT_TEXT = "Rejected by a practice fault"


class LoginBody(msgspec.Struct):
    clientcode: Text = ""
    password: Text = ""
    totp: Text = ""
    state: Text = None


class RenewBody(msgspec.Struct):
    refreshToken: Text = ""


class LogoutBody(msgspec.Struct):
    clientcode: Text = ""


class QuoteBody(msgspec.Struct):
    mode: Text = ""
    exchangeTokens: dict[str, list[Text]] = msgspec.field(default_factory=dict)


class SymbolBody(msgspec.Struct):
    exchange: Text = ""
    tradingsymbol: Text = ""
    symboltoken: Text = ""


class SearchBody(msgspec.Struct):
    exchange: Text = ""
    searchscrip: Text = ""


@post(paths.LOGIN_PATH, status_code=200)
async def login(data: LoginBody, sessions: TheSessions) -> Json:
    done = sessions.login(str(data.clientcode or ""), str(data.password or ""), str(data.totp or ""))
    return failure(done) if isinstance(done, Refusal) else success(done.row() | {"state": str(data.state or "")})


@post(paths.TOKENS_PATH, status_code=200)
async def renew(data: RenewBody, sessions: TheSessions, venue: TheVenue) -> Response[Json]:
    done: Tokens | Refusal = sessions.renew(str(data.refreshToken or ""))
    if isinstance(done, Refusal):
        return Response(gateway_failure(done), status_code=venue.switches.gateway_status)
    return Response(success(done.row()), status_code=200)


@get(paths.PROFILE_PATH)
async def profile(sessions: TheSessions) -> Json:
    return success(
        {
            "clientcode": sessions.credentials.client_code,
            "name": "PRACTICE ACCOUNT",
            "email": "",
            "mobileno": "",
            "exchanges": ["nse_cm", "bse_cm", "nse_fo", "bse_fo", "mcx_fo", "cde_fo", "ncx_fo"],
            "products": ["CNC", "NRML", "MARGIN", "MIS", "BO", "CO"],
            "lastlogintime": "",
            "broker": "",
            "brokerid": "B2C",
        }
    )


@post(paths.LOGOUT_PATH, status_code=200)
async def logout(data: LogoutBody, request: Request[Any, Any, Any], sessions: TheSessions) -> Json:
    if str(data.clientcode or "") != sessions.credentials.client_code:
        return failure(Refusal("AB1007", "Invalid client code"))
    sessions.logout(bare(request.headers.get("authorization", "")))
    return success("")


@post(paths.PLACE_PATH, status_code=200)
async def place(data: OrderBody, venue: TheVenue, faults: TheFaults) -> Json:
    strike = faults.strikes("reject_order")
    done = venue.place(data, reject_text=(strike.text or REJECT_TEXT) if strike else "")
    if isinstance(done, Refusal):
        return failure(done)
    venue.note(paths.PLACE_PATH, msgspec.json.encode(data).decode())
    return success({"script": done.symbol} | _ids(done))


@post(paths.MODIFY_PATH, status_code=200)
async def modify(data: OrderBody, venue: TheVenue) -> Json:
    return _changed(venue, paths.MODIFY_PATH, data, venue.modify(data))


@post(paths.CANCEL_PATH, status_code=200)
async def cancel(data: OrderBody, venue: TheVenue) -> Json:
    return _changed(venue, paths.CANCEL_PATH, data, venue.cancel(data))


@get(paths.BOOK_PATH)
async def order_book(venue: TheVenue) -> Json:
    return success(venue.order_rows() or None)


@get(paths.TRADES_PATH)
async def trade_book(venue: TheVenue) -> Json:
    return success(venue.trade_rows() or None)


@get(paths.DETAILS_PREFIX + "/{unique_id:str}")
async def details(unique_id: str, venue: TheVenue) -> Json:
    row = venue.order_row(unique_id)
    return failure(Refusal("AB1013", "Order not found")) if row is None else success(row)


@get(paths.POSITIONS_PATH)
async def positions(venue: TheVenue) -> Json:
    return success(venue.position_rows() or None)


@get(paths.RMS_PATH)
async def funds(venue: TheVenue) -> Json:
    return success(venue.funds_row())


@post(paths.QUOTE_PATH, status_code=200)
async def quote(data: QuoteBody, venue: TheVenue) -> Json:
    mode = str(data.mode)
    asked = [(name, str(token or "")) for name, tokens in data.exchangeTokens.items() for token in tokens]
    if mode not in ("LTP", "OHLC", "FULL") or len(asked) > QUOTE_TOKENS_MAX:
        return failure(MALFORMED)
    fetched: list[Json] = []
    unfetched: list[Json] = []
    for name, token in asked:
        key = key_of(venue, name, token)
        if key is not None:
            fetched.append(quote_row(mode, venue.market.snapshot(key)))
            continue
        code, text = ("AB4006", "Invalid symboltoken") if token else ("AB4018", "Symbol token cannot be empty")
        unfetched.append({"exchange": name, "symbolToken": token, "message": text, "errorCode": code})
    return success({"fetched": fetched, "unfetched": unfetched})


@post(paths.LTP_PATH, status_code=200)
async def ltp(data: SymbolBody, venue: TheVenue) -> Json:
    key = key_of(venue, str(data.exchange), str(data.symboltoken))
    if key is None:
        return failure(Refusal("AB4006", "Invalid symboltoken"))
    return success(ltp_row(venue.market.snapshot(key)))


@post(paths.SEARCH_PATH, status_code=200)
async def search(data: SearchBody, venue: TheVenue) -> Json:
    return success(search_rows(venue.market.listings.values(), str(data.exchange), str(data.searchscrip)))


@get(paths.MASTER_PATH)
async def master(venue: TheVenue) -> list[Json]:
    return [master_row(row) for row in venue.market.listings.values()]


def build_services(venue: Venue, sessions: Sessions, faults: Faults) -> Litestar:
    """The ASGI application of all services."""
    handlers: list[Any] = [login, renew, profile, logout, place, modify, cancel, order_book, trade_book, details]
    handlers += [positions, funds, quote, ltp, search, master]
    handlers += [*data_services.HANDLERS, *gtt_services.HANDLERS, *ledger_services.HANDLERS]
    given: Mapping[str, object] = {"venue": venue, "sessions": sessions, "faults": faults}
    return Litestar(
        handlers,
        before_request=_before(venue),
        dependencies={name: Provide(_giver(value), sync_to_thread=False) for name, value in given.items()},
        exception_handlers={HTTPException: _refused, RecursionError: _too_deep, 500: _broken},
        openapi_config=None,
        logging_config=None,
    )


def _giver(value: object) -> Any:
    def give() -> Any:
        return value

    return give


def _before(venue: Venue) -> Any:
    """What the account as it is set, or a forced answer, says before any handler is asked."""

    def check(request: Request[Any, Any, Any]) -> Response[Any] | None:
        endpoint = paths.endpoint_of(request.url.path)
        if endpoint is None:
            return None
        forced = venue.switches.answers.get(endpoint.name)
        found = refusal(forced) if forced else account_refusal(venue.switches, endpoint.name)
        if found is None:
            return None
        if of_gateway(found.code):
            return Response(gateway_failure(found), status_code=venue.switches.gateway_status)
        return Response(failure(found), status_code=200)

    return check


def _refused(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """A body that cannot be read is a refusal in dialect A; a wrong method is plain text, but for GTT rules."""
    if request.url.path in paths.RULE_PATHS and error.status_code in (400, 405):
        return Response(failure(refusal("AB9001" if error.status_code == 400 else "AB9002")), status_code=200)
    if error.status_code == 400:
        return Response(failure(MALFORMED), status_code=200)
    return Response(f"HTTP {error.status_code}", status_code=error.status_code, media_type=MediaType.TEXT)


def _too_deep(request: Request[Any, Any, Any], error: RecursionError) -> Response[Any]:
    """A body nested too deep to be read."""
    return Response(failure(MALFORMED), status_code=200)


def _broken(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    request.app.state.on_error(error)
    return Response(failure(Refusal("AB2001", "Internal Error, Please try after sometime")), status_code=200)


def _changed(venue: Venue, path: str, data: OrderBody, done: OwnOrder | Refusal) -> Json:
    if isinstance(done, Refusal):
        return failure(done)
    venue.note(path, msgspec.json.encode(data).decode())
    return success(_ids(done))


def _ids(order: OwnOrder) -> dict[str, str]:
    return {"orderid": order.order_id, "uniqueorderid": order.unique_id}
