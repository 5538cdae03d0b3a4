"""The official error codes and their texts, so that any of them can be asked for (official Exceptions page, and codes
seen live). Codes of the gateway answer in its own dialect."""

from collections.abc import Mapping

from core.exchange.orders import Refusal

TEXTS: Mapping[str, str] = {
    "AG8001": "Invalid Token",
    "AG8002": "Token Expired",
    "AG8003": "Token missing",
    "AG8004": "Invalid API Key",
    "AG7002": "Access denied: Unregistered IP address. Register your IP before retrying.",
    "AG1000": "You have already been registered with CDSL for today.",
    "AG2001": "Something went wrong. Please try again",
    "AB8050": "Invalid Refresh Token",
    "AB8051": "Refresh Token Expired",
    "AB1000": "Invalid Email Or Password",
    "AB1001": "Invalid Email",
    "AB1002": "Invalid Password Length",
    "AB1003": "Client Already Exists",
    "AB1004": "Something Went Wrong, Please Try After Sometime",
    "AB1005": "User Type Must Be USER",
    "AB1006": "Client Is Block For Trading",
    "AB1007": "AMX Error",
    "AB1008": "Invalid Order Variety",
    "AB1009": "Symbol Not Found",
    "AB1010": "AMX Session Expired",
    "AB1011": "Client not login",
    "AB1012": "Invalid Product Type",
    "AB1013": "Order not found",
    "AB1014": "Trade not found",
    "AB1015": "Holding not found",
    "AB1016": "Position not found",
    "AB1017": "Position conversion failed",
    "AB1018": "Failed to get symbol details",
    "AB1019": "Too many requests",
    "AB1020": "Invalid Order Type",
    "AB1021": "Too many requests",
    "AB1031": "Old Password Mismatch",
    "AB1032": "User Not Found",
    "AB1050": "Invalid totp",
    "AB1053": "Invalid apiKey",
    "AB2000": "Error not specified",
    "AB2001": "Internal Error, Please try after sometime",
    "AB2002": "ROBO order is block",
    "AB2020": "Insufficient funds",
    "AB4006": "Invalid symboltoken",
    "AB4008": "ordertag length should be less than 20 characters",
    "AB4018": "Symbol token cannot be empty",
    "AB4036": "Order cannot be processed: the token is on the cautionary list, send scripconsent",
    "AB7001": "LoginbyPassword is not allowed. Please switch to Login by MPIN now.",
    "AB9000": "Internal Server Error",
    "AB9001": "Invalid Parameters",
    "AB9002": "Method Not Allowed",
    "AB9003": "Invalid Client ID",
    "AB9004": "Invalid Status Array Size",
    "AB9005": "Invalid Session ID",
    "AB9006": "Invalid Order Quantity",
    "AB9007": "Invalid Disclosed Quantity",
    "AB9008": "Invalid Price",
    "AB9009": "Invalid Trigger Price",
    "AB9010": "Invalid Exchange Segment",
    "AB9011": "Invalid Symbol Token",
    "AB9012": "Invalid Trading Symbol",
    "AB9013": "Invalid Rule ID",
    "AB9014": "Invalid Order Side",
    "AB9015": "Invalid Product Type",
    "AB9016": "Invalid Time Period",
    "AB9017": "Invalid Page Value",
    "AB9018": "Invalid Count Value",
    "AB9019": "No Data Available",
}


def refusal(code: str) -> Refusal:
    """The refusal of a code, with its official text."""
    return Refusal(code, TEXTS.get(code, "Error not specified"))


def of_gateway(code: str) -> bool:
    """Whether a code comes from the gateway (dialect B)."""
    return code.startswith("AG8") or code == "AG7002" or code in ("AB8050", "AB8051")
