"""One HTTP/1.1 connection on a gevent socket, with its parser: four times are worth nothing when a client library hides the first byte.

Knows no deadlines: the caller wraps it in a gevent.Timeout and closes the connection when it strikes. Proxies are those of the usual
environment variables; an address of the loopback is never proxied.
"""

from __future__ import annotations

import base64
import errno
import ipaddress
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

import httptools
from gevent import socket, ssl

from ainp_harness.wire.exchange import FailureKind
from loadtests.clock import Clock
from loadtests.rendering import WireRequest
from loadtests.reply import LOCAL, ExchangeFailed, Reply, Stale

IP_BIND_ADDRESS_NO_PORT = 24  # linux/in.h: choose the port at connect, so that 28,000 ports a source address can be used
READ_BYTES = 65_536

_OURS = frozenset({errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.ENOMEM})


@dataclass(frozen=True)
class Endpoint:
    """Where a broker is and how to get there. Names are resolved once."""

    url: SplitResult
    addresses: tuple[tuple[int, tuple[object, ...]], ...]
    tls: ssl.SSLContext | None
    proxy: SplitResult | None
    extra_headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return self.url.hostname or ""

    @property
    def port(self) -> int:
        return self.url.port or (443 if self.url.scheme == "https" else 80)

    @property
    def prefix(self) -> str:
        return self.url.path.rstrip("/")

    @property
    def authority(self) -> str:
        return self.url.netloc.rpartition("@")[2]

    @property
    def on_loopback(self) -> bool:
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine's loopback."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def resolve(url: str, *, ca_file: str | None = None, extra_headers: Mapping[str, str] | None = None) -> Endpoint:
    """Look a broker's URL up.

    Raises:
        OSError: its name cannot be resolved, or the CA file cannot be read.
        ValueError: it is no http or https URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is no http or https URL")
    proxy = _proxy_for(parts)
    via = proxy or parts
    port = via.port or (443 if via.scheme == "https" else 80)
    found = socket.getaddrinfo(via.hostname, port, type=socket.SOCK_STREAM)
    tls = ssl.create_default_context(cafile=ca_file) if parts.scheme == "https" else None
    addresses = tuple((family, address) for family, _, _, _, address in found)
    return Endpoint(parts, addresses, tls, proxy, dict(extra_headers or {}))


def _proxy_for(url: SplitResult) -> SplitResult | None:
    host = url.hostname or ""
    if is_loopback(host) or urllib.request.proxy_bypass(host):
        return None
    address = urllib.request.getproxies().get(url.scheme)
    return urlsplit(address if "://" in address else f"http://{address}") if address else None


class Connection:
    """A connection that is opened, used for one exchange at a time, and closed."""

    def __init__(self, endpoint: Endpoint, clock: Clock, source: str | None = None) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._source = source
        self._socket: socket.socket | None = None
        self.used = False
        self.reusable = True
        self.idle_since_us = clock()
        self.sent_us = -1
        """When the first byte of the request at hand went out; -1 before."""

    def open(self) -> Connection:
        """Connect, with TLS where the URL asks for it.

        Raises:
            ExchangeFailed: no address answers, or TLS is refused.
        """
        try:
            self._socket = self._secured(self._connected())
        except (ssl.SSLError, ssl.CertificateError) as error:
            self.close()
            raise ExchangeFailed(FailureKind.TLS, str(error), "TLS") from error
        except OSError as error:
            self.close()
            ours = error.errno in _OURS
            kind, code = (FailureKind.LOCAL, LOCAL) if ours else (FailureKind.CONNECT, "CONNECT")
            raise ExchangeFailed(kind, str(error) or type(error).__name__, code) from error
        self.idle_since_us = self._clock()
        return self

    def _connected(self) -> socket.socket:
        failure: OSError = OSError("the name has no address")
        for family, address in self._endpoint.addresses:
            opened = socket.socket(family, socket.SOCK_STREAM)
            self._socket = opened
            try:
                if self._source is not None:
                    opened.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
                    opened.bind((self._source, 0))
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                opened.connect(address)
            except OSError as error:
                opened.close()
                failure = error
                continue
            return opened
        raise failure

    def _secured(self, opened: socket.socket) -> socket.socket:
        endpoint = self._endpoint
        if endpoint.tls is None:
            return opened
        if endpoint.proxy is not None:
            self._tunnel(opened, endpoint)
        return endpoint.tls.wrap_socket(opened, server_hostname=endpoint.host)

    @staticmethod
    def _tunnel(opened: socket.socket, endpoint: Endpoint) -> None:
        target = f"{endpoint.host}:{endpoint.port}"
        opened.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{_proxy_authorization(endpoint)}\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            data = opened.recv(READ_BYTES)
            if not data:
                raise OSError("the proxy closed the connection")
            head += data
        if b" 200" not in head.split(b"\r\n", 1)[0]:
            raise OSError(f"the proxy refused: {head.splitlines()[0].decode('latin-1')}")

    def alive(self) -> bool:
        """Whether the peer has neither closed a kept connection nor sent anything on it."""
        if self._socket is None:
            return False
        if self._endpoint.tls is not None:
            return True  # peeking below TLS would show session tickets, not a close
        try:
            self._socket.setblocking(False)
            self._socket.recv(1, socket.MSG_PEEK)
        except (BlockingIOError, socket.timeout):
            return True
        except OSError:
            return False
        finally:
            if self._socket is not None:
                self._socket.setblocking(True)
        return False

    def exchange(self, request: WireRequest) -> Reply:
        """Send a request and read its whole answer.

        Raises:
            Stale: a kept connection was closed before anything came.
            ExchangeFailed: it was closed in the middle, or what came is no HTTP.
        """
        if self._socket is None:
            raise ExchangeFailed(FailureKind.LOCAL, "the connection is not open", LOCAL)
        self.sent_us = -1
        parsed = _ParsedResponse()
        try:
            self.sent_us = self._clock()
            self._socket.sendall(head_of(request, self._endpoint) + request.body)
            while not parsed.complete:
                data = self._socket.recv(READ_BYTES)
                if data:
                    parsed.feed(data)
                elif not parsed.ends_with_connection:
                    raise ConnectionResetError("closed by the peer before the answer was whole")
                else:
                    break
        except httptools.HttpParserError as error:
            raise ExchangeFailed(FailureKind.PROTOCOL, f"no HTTP: {error}", "PROTOCOL") from error
        except OSError as error:
            message = str(error) or type(error).__name__
            if self.used and not parsed.started:
                raise Stale(FailureKind.CLOSED, message, "STALE") from error
            raise ExchangeFailed(FailureKind.CLOSED, message, "CLOSED") from error
        self.used = True
        self.reusable = parsed.keeps_alive
        self.idle_since_us = self._clock()
        return Reply(parsed.status, parsed.headers, b"".join(parsed.body), self.sent_us, self.idle_since_us)

    def detach(self) -> socket.socket | None:
        """The socket, for another protocol (WebSocket); the connection forgets it."""
        detached, self._socket = self._socket, None
        return detached

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class _ParsedResponse:
    """Collects what httptools calls back. Interim answers (1xx) are skipped."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self.started = self.complete = self._head_seen = self._keep_alive = False
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body: list[bytes] = []

    def feed(self, data: bytes) -> None:
        self.started = True
        self._parser.feed_data(data)

    @property
    def ends_with_connection(self) -> bool:
        return self._head_seen and "content-length" not in self.headers and "transfer-encoding" not in self.headers

    @property
    def keeps_alive(self) -> bool:
        return self.complete and self._keep_alive

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        # Asked here: once the message is complete, the parser has forgotten its head.
        self._keep_alive = bool(self._parser.should_keep_alive())
        self._head_seen = self.status >= 200

    def on_body(self, data: bytes) -> None:
        self.body.append(data)

    def on_message_complete(self) -> None:
        if self.status < 200:
            self.headers.clear()
        else:
            self.complete = True


def head_of(request: WireRequest, endpoint: Endpoint) -> bytes:
    """Request line and headers. To a proxy without TLS the whole URL is the target; a proof signs the path either way."""
    plain_proxy = endpoint.proxy is not None and endpoint.tls is None
    target = f"http://{endpoint.authority}{request.target}" if plain_proxy else request.target
    lines = [f"{request.method} {target} HTTP/1.1", f"Host: {endpoint.authority}"]
    lines += [f"{name}: {value}" for name, value in {**request.headers, **endpoint.extra_headers}.items()]
    if request.body or request.method in ("POST", "PUT"):
        lines.append(f"Content-Length: {len(request.body)}")
    return ("\r\n".join(lines) + "\r\n" + (_proxy_authorization(endpoint) if plain_proxy else "") + "\r\n").encode("utf-8")


def _proxy_authorization(endpoint: Endpoint) -> str:
    proxy = endpoint.proxy
    if proxy is None or proxy.username is None:
        return ""
    credentials = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return f"Proxy-Authorization: Basic {base64.b64encode(credentials).decode()}\r\n"
