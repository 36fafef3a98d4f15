"""A stand-in for a broker: answers GET /health/ready by looking at the three services, like the real one, with the standard library alone.
What it received in its environment is at /environment. STANDIN_* settings make it misbehave."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


def postgres_accepts() -> bool:
    folder = parse_qs(urlsplit(os.environ["DATABASE_URL"]).query)["host"][0]
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(0.5)
        connection.connect(f"{folder}/.s.PGSQL.5432")
        connection.sendall(b"\0\0\0\x08\x04\xd2\x16\x2f")  # SSLRequest, answered by one byte
        return connection.recv(1) in (b"N", b"S")


def redis_answers() -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(0.5)
        connection.connect(os.environ["REDIS_URL"].removeprefix("unix://"))
        connection.sendall(b"PING\r\n")
        return connection.recv(64) == b"+PONG\r\n"


def nats_greets() -> bool:
    port = int(re.search(r":(\d+)$", os.environ["NATS_URL"])[1])
    with socket.create_connection(("127.0.0.1", port), 0.5) as connection:
        return connection.recv(5) == b"INFO "


def ready() -> bool:
    if os.environ.get("STANDIN_ALONE"):
        return True
    try:
        return postgres_accepts() and redis_answers() and nats_greets()
    except OSError:
        return False


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/health/ready":
            self.answer(200 if ready() else 503, {"status": "ready"})
        elif self.path == "/environment":
            self.answer(200, dict(os.environ))
        else:
            self.answer(404, {})

    def answer(self, status: int, body: dict) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, text: str, *values: object) -> None:
        print(json.dumps({"event": "request", "line": text % values}), flush=True)


if __name__ == "__main__":
    if os.environ.get("STANDIN_DIE"):
        sys.exit("the stand-in was told to die")
    if os.environ.get("STANDIN_HANG"):
        time.sleep(600)
    if os.environ.get("STANDIN_STUBBORN"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if os.environ.get("STANDIN_WORKER"):
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler).serve_forever()
