"""`python -m tests.bench.sender`: a market stream with nothing behind it, as fast or as evenly as asked.

Its first line on stdout is the port. After the upgrade it sends SNAP_QUOTE frames of many tokens: `--rate 0` floods in
large writes, else each millisecond its share, one write (and over TLS one record) a frame. Subscriptions are not read.
"""

import argparse
import asyncio
import contextlib
import ssl
import time

from websockets.utils import accept_key

from tests.feed.frames import snap_frame

TOKENS = 1_000
FIRST_TOKEN = 10_000
_HEAD = b"\x82\x7e\x01\x7b"


def frames(rounds: int, tokens: int = TOKENS) -> list[bytes]:
    """Wire frames, every token once a round, each round a little different. All of one time, so that none is older."""
    now_ms = int(time.time() * 1_000)
    return [
        _HEAD + snap_frame(str(FIRST_TOKEN + n), 82_000 + (n + r) % 97, r + 1, now_ms, close=82_000)
        for r in range(rounds)
        for n in range(tokens)
    ]


class Sender:
    def __init__(self, rate: int, tokens: int) -> None:
        self._rate = rate
        self._made = frames(8, tokens)
        self._blobs = [b"".join(self._made[i : i + 1_000]) for i in range(0, len(self._made), 1_000)]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            request = (await reader.readuntil(b"\r\n\r\n")).decode()
            key = next(x.split(": ")[1] for x in request.split("\r\n") if x.lower().startswith("sec-websocket-key"))
            writer.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: " + accept_key(key).encode() + b"\r\n\r\n"
            )
            eaten = asyncio.get_running_loop().create_task(self._eat(reader))
            try:
                await (self._pace(writer) if self._rate else self._flood(writer))
            finally:
                eaten.cancel()
        writer.close()

    async def _eat(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):
            while await reader.read(65_536):
                pass

    async def _flood(self, writer: asyncio.StreamWriter) -> None:
        while True:
            for blob in self._blobs:
                writer.write(blob)
                await writer.drain()

    async def _pace(self, writer: asyncio.StreamWriter) -> None:
        started, sent = time.perf_counter(), 0
        while True:
            due = int((time.perf_counter() - started) * self._rate)
            for n in range(sent, due):
                writer.write(self._made[n % len(self._made)])
            sent = due
            await writer.drain()
            await asyncio.sleep(0.001)


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=int, default=0)
    parser.add_argument("--tokens", type=int, default=TOKENS)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    options = parser.parse_args()
    context = None
    if options.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert, options.key)
    sender = Sender(options.rate, options.tokens)
    server = await asyncio.start_server(sender.serve, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
