"""The one place that makes a TLS context, and it knows one kind: verified."""

import ssl


def verified() -> ssl.SSLContext:
    """TLS 1.2 or newer, the system's roots, certificate and host name checked.

    Not `ssl.create_default_context`: that one writes the keys of every connection to the file named by SSLKEYLOGFILE.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_default_certs()
    assert context.verify_mode is ssl.CERT_REQUIRED and context.check_hostname
    return context
