"""A broker that somebody else runs, reached by its URL alone. Nothing is started, and nothing of it can be stopped or measured
from inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ainp_harness.promises.vocabulary import Need
from ainp_harness.targets.errors import TargetError
from ainp_harness.targets.target import Role, Target


class UrlTarget(Target):
    """A broker by URL. `cors_origin`: an origin the deployment allows; `did_web_host`: HOST:PORT of this machine that it may
    ask for did:web documents; `also_reaches`: what the user declares beyond what the URL shows."""

    name = "url"

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        cors_origin: str | None = None,
        did_web_host: str | None = None,
        also_reaches: frozenset[Need] = frozenset(),
    ) -> None:
        parts = _parse(url)
        self.base_url = f"{parts.scheme.lower()}://{parts.netloc}{parts.path.rstrip('/')}"
        self.headers = dict(headers or {})
        self.cors_origin = cors_origin
        self.did_web_host = did_web_host
        self.did_web_address = did_web_host.rpartition(":")[0] if did_web_host else None
        by_scheme = {Need.HTTPS} if parts.scheme.lower() == "https" else set()
        by_origin = {Need.ORIGIN} if cors_origin else set()
        by_host = {Need.DIDWEB_HOST} if did_web_host else set()
        self.reach = frozenset(by_scheme | by_origin | by_host | also_reaches)

    def start(self) -> None:
        """Nothing to start."""

    def stop(self) -> None:
        """Nothing to stop."""

    def processes(self) -> Sequence[tuple[Role, int]]:
        return ()

    def facts(self) -> dict[str, Any]:
        """Names of extra headers only: their values are often secrets."""
        return {"target": self.name, "url": self.base_url, "headers": sorted(self.headers)}


def _parse(url: str) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname or not _has_a_possible_port(parts):
        raise TargetError(
            "this is not the URL of a broker", where=repr(url), todo="Give one such as https://broker.example or http://127.0.0.1:8080."
        )
    if parts.username or parts.password:
        raise TargetError("the URL holds a password, which a run would record", where=parts.hostname, todo="Give it as a header instead.")
    if parts.query or parts.fragment:
        raise TargetError("the URL of a broker has no query and no fragment", where=repr(url), todo="Give the part before `?` or `#`.")
    return parts


def _has_a_possible_port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:  # not a number, or too large
        return False
