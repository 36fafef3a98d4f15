"""What would show a requirement or target that lay outside a run's scope: a longer look, or a target that gives more.

Pure. Scope is data (docs/verdicts.md), so the way to widen it follows from the same data.
"""

from __future__ import annotations

from collections.abc import Iterable

from ainp_harness.judging.verdict import RequirementVerdict, RunSummary, Verdict
from ainp_harness.promises.vocabulary import Depth, Need

EMBEDDED = "embedded"

WAYS = {
    Need.HTTPS: "run against an https:// address",
    Need.CONTROL: "run against the embedded, docker or compose target",
    Need.DEPLOY: "watch a deployment: ainp-harness watch URL",
    Need.REPLICAS: "run with two instances or more: --instances 2",
    Need.LOGS: "run against a target that gives its logs (embedded, docker, compose, or by option)",
    Need.RESOURCES: "run against a target that gives CPU and memory (embedded, docker, compose, or by option)",
    Need.DATABASE: "give read access to the broker's PostgreSQL, or run against the embedded target",
    Need.STREAM: "give access to the broker's NATS, or run against the embedded target",
    Need.CONTAINER: "run against the docker or compose target",
    Need.ORIGIN: "name a CORS origin that the broker allows",
    Need.DIDWEB_HOST: "name a host for did:web documents that the broker may ask",
}


def how_to_see(requirement: RequirementVerdict, run: RunSummary) -> str:
    """The command or change that would bring it into scope; empty where it was in scope."""
    if requirement.verdict is Verdict.DEFERRED:
        return certify_command(run, requirement.depth)
    if requirement.verdict is Verdict.OUT_OF_REACH:
        return reach_advice(requirement.needs, run)
    return ""


def reach_advice(needs: Iterable[Need], run: RunSummary) -> str:
    missing = [need for need in needs if need not in run.reach]
    return "; ".join(WAYS[need] for need in missing) or f"the binding {run.binding} does not let it be seen"


def certify_command(run: RunSummary, depth: Depth) -> str:
    """`make certify` is the short way where we bring the broker ourselves; a URL is named."""
    if run.target == EMBEDDED:
        return f"make certify DEPTH={depth.value}"
    if run.target == "url":
        return f"make certify URL={run.url} DEPTH={depth.value}"
    return f"ainp-harness certify --target {run.target} --depth {depth.value}"


def requirement_of(target_id: str) -> str:
    """The requirement that a target belongs to: a letter follows its id where it has several parts."""
    return target_id[:-1] if target_id[-1:].isalpha() and target_id[-2:-1].isdigit() else target_id
