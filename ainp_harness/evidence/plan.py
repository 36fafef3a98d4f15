"""The plan of a run: everything a verdict depends on besides the evidence, sealed before the first judged request.

The seal is a digest over the plan's canonical form. No answer after it changes what is in scope: the judge reads scope from here alone.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from ainp_harness.evidence.files import EvidenceError, write_whole
from ainp_harness.promises.profiles import Profile
from ainp_harness.promises.shipped import Promises
from ainp_harness.promises.vocabulary import Depth, Need
from ainp_harness.promises.waivers import Waiver
from ainp_harness.wire.canonical import canonical

FORMAT = 1


class MissingPlan(EvidenceError):
    """There is no run.json: this folder is no run bundle."""


class BrokenSeal(EvidenceError):
    """run.json is not what was sealed, or cannot be understood."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ToolInfo(_Part):
    name: str
    version: str


class TargetInfo(_Part):
    """What the run is about. `facts` is what the target tells of itself: versions, seconds to readiness."""

    name: str
    url: str
    facts: dict[str, Any] = {}


class LoadInfo(_Part):
    """The load whose window is judged. Seconds."""

    name: str
    warmup_s: float
    duration_s: float


class Declared(_Part):
    """What the broker declared before the seal."""

    source: str
    """'capabilities', or 'binding' where the surface has no such operation."""
    features: tuple[str, ...] = ()
    limits: dict[str, float] = {}
    min_similarity: float | None = None
    fan_out: int | None = None
    """How many agents a to_query goes to at most."""
    priority: dict[str, float] = {}
    """The weights of the queue's priority, and the bid_scale."""
    embedding: dict[str, Any] = {}
    tags: str | None = None
    """Whether an agent must have 'all' or 'any' of the tags that a query names."""
    signature_schemes: tuple[str, ...] = ()
    constants: dict[str, float] = {}
    """Waits and limits that the broker says it runs with, by the names that profiles give them."""
    did: str | None = None
    instance: str | None = None
    revision: str | None = None


class Canary(_Part):
    """What was found out before anything counted."""

    reachable: bool
    scheme: str | None = None
    """The first signing scheme whose control was accepted; None where none was."""
    clock_skew_ms: float | None = None
    addresses: Literal["apart", "one", "unknown"] = "one"
    """Whether the broker tells our source addresses apart. Behind a proxy, or a container's port, they are one to it."""
    notes: tuple[str, ...] = ()


class FurtherProfile(_Part):
    """Another profile that the same evidence is judged against."""

    profile: str
    profile_digest: str
    requirements_digest: str


class Plan(_Part):
    """The sealed plan."""

    tool: ToolInfo
    run_id: str
    created_ms: float
    target: TargetInfo
    reach: tuple[Need, ...]
    binding: dict[str, Any]
    binding_digest: str
    binding_why: str = ""
    """Why this binding, where it was found by asking."""
    profile: str
    profile_digest: str
    requirements_digest: str
    depth: Depth
    areas: tuple[str, ...] = ()
    load: LoadInfo | None = None
    seed: str
    waivers: tuple[Waiver, ...] = ()
    declared: Declared | None = None
    declared_error: str | None = None
    """Why a broker that offers capabilities declared nothing that can be read."""
    canary: Canary = Canary(reachable=True)
    host: dict[str, Any] = {}
    limit_window_s: float | None = None
    """The limit window that the broker declared, where it declared one."""
    max_requests: int | None = None
    compressed: Profile | None = None
    """The profile itself where it is a compressed one: nobody else has its file."""
    further: tuple[FurtherProfile, ...] = ()
    repeats: int = 1
    """How often the probes of core requirements are run."""
    safe: bool = False
    """Whether probes that could disturb a broker in production are left out."""
    left_out: dict[str, str] = {}
    """Requirements that cannot be shown for that reason, with the probes that are left out."""

    @property
    def features(self) -> frozenset[str]:
        return frozenset(self.declared.features) if self.declared else frozenset()

    @property
    def profiles(self) -> tuple[str, ...]:
        """The names of all profiles that the run is judged against."""
        return self.profile, *(one.profile for one in self.further)

    def promises(self) -> tuple[Promises, ...]:
        """What the run is judged against, as this version ships it; one for each profile.

        Raises:
            PromiseError: there is no such profile any more.
        """
        first = Promises.of(self.compressed) if self.compressed is not None else Promises.shipped(self.profile)
        return first, *(Promises.shipped(one.profile) for one in self.further)

    def of_profile(self, name: str) -> Plan:
        """The plan as it would be of one of its profiles alone."""
        one = next((one for one in self.further if one.profile == name), None)
        if one is None:
            return self.model_copy(update={"further": ()})
        return self.model_copy(update={**one.model_dump(), "further": (), "compressed": None})


def digest_of(plan: Plan) -> str:
    """The seal: SHA-256 of the RFC 8785 form of the plan."""
    return "sha256:" + hashlib.sha256(canonical(orjson.loads(plan.model_dump_json()))).hexdigest()


def seal(plan: Plan, folder: Path) -> str:
    """Write run.json and give its digest.

    Raises:
        CannotWrite: the file system refuses.
        EvidenceError: the folder already holds a sealed plan: a plan is never changed.
    """
    path = folder / "run.json"
    if path.exists():
        raise EvidenceError(path, "already sealed", "A run never changes its plan: give a new folder")
    digest = digest_of(plan)
    document = {"format": FORMAT, "digest": digest, "plan": orjson.loads(plan.model_dump_json())}
    write_whole(path, orjson.dumps(document, option=orjson.OPT_INDENT_2))
    return digest


def read_plan(folder: Path) -> Plan:
    """The sealed plan of a bundle.

    Raises:
        MissingPlan: there is none.
        BrokenSeal: it was changed after the seal, or is of another format.
    """
    path = folder / "run.json"
    try:
        document = orjson.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MissingPlan(
            folder, "holds no run.json, so it is no run bundle", "Give a folder that `ainp-harness certify` wrote, below runs/"
        ) from error
    except (OSError, orjson.JSONDecodeError) as error:
        raise BrokenSeal(path, f"cannot be read ({error})", "The bundle is damaged; judge another copy of it") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise BrokenSeal(path, "is of another format", f"This version reads format {FORMAT}")
    try:
        plan = Plan.model_validate(document.get("plan"))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BrokenSeal(
            path, f"its plan does not fit ({where}: {first['msg']})", "The bundle is damaged; judge another copy of it"
        ) from error
    if digest_of(plan) != document.get("digest"):
        raise BrokenSeal(
            path, "was changed after it was sealed: the digest does not fit the plan", "Evidence under a changed plan proves nothing"
        )
    return plan
