"""What a fault answers in place of the services. Pure."""

from core.exchange.envelopes import RATE_TEXT, Answer, failure, gateway_failure, html_answer, json_answer, text_answer
from core.exchange.faults import Fault
from core.exchange.orders import Refusal

STATIC_IP = "Access denied: Unregistered IP address. Register your IP before retrying."
PRICE_BAND = "The order price is outside the exchange's limit price protection range"


def instead(fault: Fault) -> Answer | None:
    """The answer, None for a fault that answers nothing."""
    match fault.name:
        case "http_status":
            status = fault.status or 503
            return _with_wait(text_answer(status, fault.text or f"practice fault: {status}"), fault)
        case "html":
            page = html_answer(fault.text) if fault.text else html_answer()
            return Answer(fault.status or 200, page.body, page.content_type)
        case "empty":
            return Answer(fault.status or 200)
        case "rate_limit":
            return _with_wait(text_answer(fault.status or 403, fault.text or RATE_TEXT), fault)
        case "error":
            refusal = Refusal(fault.code or "AB1004", fault.text or "Something Went Wrong, Please Try After Sometime")
            return json_answer(failure(refusal), fault.status or 200)
        case "price_band":
            return json_answer(failure(Refusal("AB1007", fault.text or PRICE_BAND)), fault.status or 200)
    return _gateway(fault)


def _gateway(fault: Fault) -> Answer | None:
    refusals = {
        "gateway_error": Refusal(fault.code or "AG8001", fault.text or "Invalid Token"),
        "token_expired": Refusal("AG8001", "Invalid Token"),
        "static_ip": Refusal("AG7002", fault.text or STATIC_IP),
    }
    refusal = refusals.get(fault.name)
    return None if refusal is None else json_answer(gateway_failure(refusal), fault.status or 200)


def _with_wait(answer: Answer, fault: Fault) -> Answer:
    if fault.retry_after_s is None:
        return answer
    return Answer(answer.status, answer.body, answer.content_type, (("retry-after", str(fault.retry_after_s)),))
