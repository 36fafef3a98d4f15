"""did:web: from a DID to the Ed25519 keys of its document, without letting anybody use the broker to reach what only the broker can.

A host is resolved once, its addresses are looked at, and the connection goes to one of these very addresses: a second answer of the name
server changes nothing. Private, loopback and link-local addresses are refused, except for HOST:PORT in DID_WEB_ALLOW, for which http does
too. One deadline over all, no redirects, 64 kB at most; who is asked again within minutes is answered from memory.
"""

from __future__ import annotations

import asyncio
import base64
import socket
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

import base58
import httpx
import structlog

from ainp_harness.wire.canonical import NotCanonical, parse_json
from ainp_harness.wire.did import did_key, public_key_of
from ainp_harness.wire.errors import ErrorCode, WireError
from reference_broker.errors import BrokerError

DEADLINE_S = 2.0
DOCUMENT_BYTES = 64 * 1024
REMEMBERED_S = 300.0
UNRESOLVED_S = 5.0
"""How long a DID that could not be resolved is not asked for again: short, as its document may be on its way."""

MOST_REMEMBERED = 4_096
AT_ONCE = 16
"""Documents asked for at a time, and threads for names: strangers decide how many DIDs there are."""

MOST_KEYS = 16
_NAT64 = IPv6Network("64:ff9b::/96")

_log = structlog.get_logger("did_web")


class Unresolvable(Exception):
    """Why a did:web has no keys, in words for the log."""


@dataclass(frozen=True)
class Place:
    """Where the document of a did:web lies."""

    host: str
    port: int
    path: str

    @classmethod
    def of(cls, did: str) -> Place:
        """The place that a well-formed did:web names (did:web method, read).

        Raises:
            Unresolvable: its port or path is none.
        """
        host, *segments = did.removeprefix("did:web:").split(":")
        name, _, port = host.lower().partition("%3a")
        if any(segment in (".", "..") for segment in segments) or not 0 < int(port or 443) < 65536:
            raise Unresolvable("no such place")
        return cls(name, int(port or 443), "/" + "/".join(segments or [".well-known"]) + "/did.json")

    @property
    def authority(self) -> str:
        return f"{self.host}:{self.port}"


class DidWeb:
    """Resolves, and remembers. `allow`: each HOST:PORT of this network that may be asked."""

    def __init__(self, allow: Iterable[str]) -> None:
        self._allow = frozenset(entry.lower() for entry in allow)
        self._known: OrderedDict[str, tuple[float, tuple[bytes, ...]]] = OrderedDict()
        self._under_way: dict[str, asyncio.Task[tuple[bytes, ...]]] = {}
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._names = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="did-web")
        # Connections are not kept: one that was made for a name must not serve another name of the same address.
        limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=0)
        self._http = httpx.AsyncClient(limits=limits, follow_redirects=False, trust_env=False)

    async def close(self) -> None:
        self._names.shutdown(wait=False, cancel_futures=True)
        await self._http.aclose()

    async def keys_of(self, did: str) -> tuple[bytes, ...]:
        """The keys of a well-formed did:web, at least one.

        Raises:
            BrokerError: UNAUTHORIZED (401), when it cannot be resolved.
        """
        until, keys = self._known.get(did, (0.0, ()))
        if time.monotonic() >= until:
            if (task := self._under_way.get(did)) is None:
                task = self._under_way[did] = asyncio.create_task(self._ask(did))
            keys = await asyncio.shield(task)  # others wait for the same answer
        if not keys:
            raise BrokerError(ErrorCode.UNAUTHORIZED, "this did:web cannot be resolved", status=401)
        return keys

    async def _ask(self, did: str) -> tuple[bytes, ...]:
        keys: tuple[bytes, ...] = ()
        try:
            async with asyncio.timeout(DEADLINE_S), self._turn:
                keys = keys_in(await self._document(Place.of(did)), did)
        except (Unresolvable, httpx.HTTPError, OSError, TimeoutError, NotCanonical) as error:
            _log.info("did_web_unresolved", did=did, reason=str(error) or type(error).__name__)
        finally:
            self._remember(did, keys)
            del self._under_way[did]
        return keys

    def _remember(self, did: str, keys: tuple[bytes, ...]) -> None:
        self._known[did] = (time.monotonic() + (REMEMBERED_S if keys else UNRESOLVED_S), keys)
        self._known.move_to_end(did)
        if len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)

    async def _document(self, place: Place) -> Any:
        allowed = place.authority in self._allow
        addresses = await self._addresses(place)
        if not allowed and not all(is_public(address) for address in addresses):
            raise Unresolvable("its host is on a private network")
        fault: Exception = Unresolvable("its host has no address")
        for address in addresses:
            schemes = ("https", "http") if allowed else ("https",)
            for scheme in schemes:
                try:
                    return await self._get(scheme, address, place, within_s=DEADLINE_S / len(schemes))
                except httpx.TransportError as error:  # nobody answers there, or not in this way
                    fault = error
        raise fault

    async def _addresses(self, place: Place) -> list[str]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._names, addresses_of, place.host, place.port)
        return list(dict.fromkeys(found))

    async def _get(self, scheme: str, address: str, place: Place, *, within_s: float) -> Any:
        """The document, from this address and no other; certificates are checked for the host's name."""
        host = f"[{address}]" if ":" in address else address
        request = self._http.build_request(
            "GET",
            f"{scheme}://{host}:{place.port}{place.path}",
            headers={"Host": place.authority, "Accept": "application/did+json, application/json", "Accept-Encoding": "identity"},
            timeout=within_s,
            extensions={"sni_hostname": place.host},
        )
        answer = await self._http.send(request, stream=True)
        try:
            if answer.status_code != 200:
                raise Unresolvable(f"its host answered {answer.status_code}")
            body = bytearray()
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > DOCUMENT_BYTES:
                    raise Unresolvable(f"its document is over {DOCUMENT_BYTES} bytes")
        finally:
            await answer.aclose()
        return parse_json(bytes(body))


def addresses_of(host: str, port: int) -> list[str]:
    """The addresses of a host, in the order in which they should be tried. Takes as long as the name server does."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_public(address: str) -> bool:
    """Whether an address lies on the open network, an IPv4 one inside an IPv6 one included."""
    parsed: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address):
        if parsed in _NAT64 or parsed.sixtofour is not None or parsed.teredo is not None:
            return False
        parsed = parsed.ipv4_mapped or parsed
    return parsed.is_global and not parsed.is_multicast


def keys_in(document: Any, did: str) -> tuple[bytes, ...]:
    """The Ed25519 keys by which the subject of a DID document authenticates or asserts.

    Raises:
        Unresolvable: it is not this DID's document, or has no such key.
    """
    if not isinstance(document, dict) or document.get("id") != did:
        raise Unresolvable("what its host has there is not its document")
    named = {method["id"]: method for method in _objects(document.get("verificationMethod")) if isinstance(method.get("id"), str)}
    keys: dict[bytes, None] = {}
    for relation in ("authentication", "assertionMethod"):
        entries = document.get(relation)
        for entry in entries if isinstance(entries, list) else ():
            method = _method(entry, named, did) if isinstance(entry, str) else entry
            if isinstance(method, dict) and (key := _ed25519(method)) is not None:
                keys[key] = None
    if not keys:
        raise Unresolvable("its document has no Ed25519 key for authentication or assertion")
    return tuple(keys)[:MOST_KEYS]


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


def _method(reference: str, named: Mapping[str, Any], did: str) -> Any:
    """A method by its id, which may be written whole or from its '#' on."""
    whole = did + reference if reference.startswith("#") else reference
    return named.get(whole, named.get(whole.removeprefix(did)))


def _ed25519(method: Mapping[str, Any]) -> bytes | None:
    """The key of a verification method, None where it is none of ours. Each form goes by way of did:key, which checks the point."""
    multibase, plain, jwk = (method.get(form) for form in ("publicKeyMultibase", "publicKeyBase58", "publicKeyJwk"))
    try:
        if isinstance(multibase, str):
            return public_key_of("did:key:" + multibase)
        if isinstance(plain, str):
            return public_key_of(did_key(base58.b58decode(plain)))
        if isinstance(jwk, dict) and (jwk.get("kty"), jwk.get("crv")) == ("OKP", "Ed25519") and isinstance(jwk.get("x"), str):
            return public_key_of(did_key(base64.urlsafe_b64decode(jwk["x"] + "=" * (-len(jwk["x"]) % 4))))
    except (WireError, ValueError):
        pass
    return None
