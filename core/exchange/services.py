"""The REST services on Litestar: one typed body for each, answers in Angel's envelopes, never the framework's own."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.params import Dependency

from core.domain import Exchange, InstrumentKey
from core.exchange import paths
from core.exchange.candles import CandleBody, candle_rows, read_span
from core.exchange.envelopes import MALFORMED, failure, gateway_failure, success
from core.exchange.faults import Faults
from core.exchange.orders import OwnOrder, Refusal
from core.exchange.quoterows import ltp_row, master_row, quote_row, search_rows
from core.exchange.rules import OrderBody, Text
from core.exchange.sessions import Sessions, Tokens, bare
from core.exchange.venue import Venue

QUOTE_TOKENS_MAX = 50
REJECT_TEXT = "Rejected by a practice fault"
TheVenue = Annotated[Venue, Dependency(skip_validation=True)]
TheSessions = Annotated[Sessions, Dependency(skip_validation=True)]
TheFaults = Annotated[Faults, Dependency(skip_validation=True)]
Json = dict[str, Any]


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
async def renew(data: RenewBody, sessions: TheSessions) -> Json:
    done: Tokens | Refusal = sessions.renew(str(data.refreshToken or ""))
    return gateway_failure(done) if isinstance(done, Refusal) else success(done.row())


@get(paths.PROFILE_PATH)
async def profile(sessions: TheSessions) -> Json:
    return success(
        {
            "clientcode": sessions.credentials.client_code,
            "name": "PRACTICE ACCOUNT",
            "email": "",
            "mobileno": "",
            "exchanges": ["nse_cm", "bse_cm", "nse_fo"],
            "products": ["CNC", "NRML", "MARGIN", "MIS"],
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


@get(paths.HOLDING_PATH)
async def holdings() -> Json:
    return success(None)


@get(paths.ALL_HOLDING_PATH)
async def all_holdings() -> Json:
    return success({"holdings": None, "totalholding": None})


@post(paths.QUOTE_PATH, status_code=200)
async def quote(data: QuoteBody, venue: TheVenue) -> Json:
    mode = str(data.mode)
    asked = [(name, str(token or "")) for name, tokens in data.exchangeTokens.items() for token in tokens]
    if mode not in ("LTP", "OHLC", "FULL") or len(asked) > QUOTE_TOKENS_MAX:
        return failure(MALFORMED)
    fetched: list[Json] = []
    unfetched: list[Json] = []
    for name, token in asked:
        key = _key(venue, name, token)
        if key is not None:
            fetched.append(quote_row(mode, venue.market.snapshot(key)))
            continue
        code, text = ("AB4006", "Invalid symboltoken") if token else ("AB4018", "Symbol token cannot be empty")
        unfetched.append({"exchange": name, "symbolToken": token, "message": text, "errorCode": code})
    return success({"fetched": fetched, "unfetched": unfetched})


@post(paths.LTP_PATH, status_code=200)
async def ltp(data: SymbolBody, venue: TheVenue) -> Json:
    key = _key(venue, str(data.exchange), str(data.symboltoken))
    if key is None:
        return failure(Refusal("AB4006", "Invalid symboltoken"))
    return success(ltp_row(venue.market.snapshot(key)))


@post(paths.SEARCH_PATH, status_code=200)
async def search(data: SearchBody, venue: TheVenue) -> Json:
    return success(search_rows(venue.market.listings.values(), str(data.exchange), str(data.searchscrip)))


@post(paths.CANDLES_PATH, status_code=200)
async def candles(data: CandleBody, venue: TheVenue) -> Json:
    span = read_span(data)
    if isinstance(span, Refusal):
        return failure(span)
    key = _key(venue, str(data.exchange), str(data.symboltoken))
    if key is None:
        return success(None)
    listing, bars = venue.market.listings[key], venue.market.bars(key)
    return success(await asyncio.to_thread(candle_rows, listing, span, venue.day, bars, venue.seed))


@get(paths.MASTER_PATH)
async def master(venue: TheVenue) -> list[Json]:
    return [master_row(row) for row in venue.market.listings.values()]


def build_services(venue: Venue, sessions: Sessions, faults: Faults) -> Litestar:
    """The ASGI application of all services."""
    handlers: list[Any] = [login, renew, profile, logout, place, modify, cancel, order_book, trade_book, details]
    handlers += [positions, funds, holdings, all_holdings, quote, ltp, search, candles, master]
    given: Mapping[str, object] = {"venue": venue, "sessions": sessions, "faults": faults}
    return Litestar(
        handlers,
        dependencies={name: Provide(_giver(value), sync_to_thread=False) for name, value in given.items()},
        exception_handlers={HTTPException: _refused, RecursionError: _too_deep, 500: _broken},
        openapi_config=None,
        logging_config=None,
    )


def _giver(value: object) -> Any:
    def give() -> Any:
        return value

    return give


def _refused(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """A body that cannot be read is a refusal in dialect A; a wrong method is plain text."""
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


def _key(venue: Venue, exchange: str, token: str) -> InstrumentKey | None:
    if exchange not in Exchange.__members__:
        return None
    key = InstrumentKey(Exchange(exchange), token)
    return key if key in venue.market.listings else None
