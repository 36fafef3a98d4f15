"""The headline: one line that carries profile, depth, reach and counts, and claims no more than was seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ainp_harness.judging.verdict import RunSummary, RunVerdict, Verdict
from ainp_harness.promises.vocabulary import Depth, Need

GIVES = {
    Need.HTTPS: "an https address",
    Need.ORIGIN: "--cors-origin",
    Need.CONTROL: "a broker that the harness starts (control)",
    Need.LOGS: "a broker that the harness starts (logs)",
    Need.RESOURCES: "a broker that the harness starts (resources)",
    Need.DATABASE: "a broker that the harness starts (database)",
    Need.STREAM: "a broker that the harness starts (stream)",
    Need.DIDWEB_HOST: "--didweb-host",
    Need.CONTAINER: "--target docker",
    Need.REPLICAS: "--instances 2",
    Need.DEPLOY: "a deployment to watch",
}
"""What a target would have to be, need by need."""

NEXT_DEPTH = {Depth.QUICK: Depth.STANDARD}
"""Full is refused in this version."""


def headline_of(verdict: RunVerdict, *, complete: bool, any_failed: bool, any_invalid: bool) -> RunVerdict:
    """The verdict with its status, headline and what to do next."""
    run = verdict.run
    limited = bool(verdict.unprobed or run.areas or run.like or run.safe)
    certifies = verdict.passed and run.depth is not Depth.QUICK and not limited
    if certifies:
        status = "CERTIFIED"
    else:
        name = f"{run.depth.upper()} CHECK" if not run.areas else "PARTIAL CHECK"
        status = f"{name} {_word(verdict, complete, any_failed, any_invalid)}"
    subject = (
        f"{run.profile} at depth {run.depth.upper()}, reach {'+'.join([run.target, *run.reach])}"
        if certifies
        else f"{run.profile}, {run.target}"
    )
    headline = f"{status}  {subject}: {_counts(verdict)}."
    if not certifies:
        headline += f"  {_not_a_certificate(verdict)}"
    return replace(verdict, status=status, headline=headline, certifies=certifies, next=_next(verdict))


def _word(verdict: RunVerdict, complete: bool, any_failed: bool, any_invalid: bool) -> str:
    if any_failed:
        return "FAILED"
    if not complete:
        return "INCOMPLETE" if verdict.run.end_reason == "failed" else "INTERRUPTED"
    if verdict.passed:
        return "PASSED"
    return "INVALID" if any_invalid else "INCONCLUSIVE"


def _counts(verdict: RunVerdict) -> str:
    counts = verdict.counts
    parts = [f"{counts.get(Verdict.PASS, 0)} shown", f"{counts.get(Verdict.FAIL, 0)} failed"]
    for kind, word in (
        (Verdict.WARN, "warned"),
        (Verdict.INVALID, "invalid"),
        (Verdict.NOT_OBSERVED, "not observed"),
        (Verdict.DISPUTED, "disputed"),
        (Verdict.WAIVED, "waived"),
        (Verdict.NOT_APPLICABLE, "not applicable"),
    ):
        if counts.get(kind):
            parts.append(f"{counts[kind]} {word}")
    parts.append(f"{counts.get(Verdict.DEFERRED, 0)} need more time")
    parts.append(f"{counts.get(Verdict.OUT_OF_REACH, 0)} out of reach")
    parts += [f"{gate.passed} of {gate.counted} {gate.title}" for gate in verdict.gates if gate.verdict is not Verdict.OUT_OF_REACH]
    if verdict.unprobed and not verdict.run.areas:
        parts.append(f"{verdict.unprobed} without a probe in this version")
    return ", ".join(parts)


def _not_a_certificate(verdict: RunVerdict) -> str:
    run = verdict.run
    if run.like is not None:
        return f"NOT A CERTIFICATE: compressed profile {run.profile}, which is {run.like} with shorter waits, for tests"
    if run.safe:
        return "Not a certificate: --safe left out what could disturb the broker"
    if run.areas:
        return f"Not a certificate: only {', '.join(run.areas)} was looked at"
    if run.depth is Depth.QUICK:
        return f"Not a certificate; next: {_command(verdict, Depth.STANDARD)}"
    if verdict.unprobed:
        return f"Not a certificate: {verdict.unprobed} requirements of {run.profile} have no probe in this version"
    return "Not a certificate"


def _next(verdict: RunVerdict) -> tuple[str, ...]:
    steps = []
    deeper = NEXT_DEPTH.get(verdict.run.depth)
    if verdict.counts.get(Verdict.DEFERRED) and deeper is not None:
        steps.append(f"{_command(verdict, deeper)}  (shows what needs more time)")
    outside = [need for one in verdict.requirements if one.verdict is Verdict.OUT_OF_REACH for need in one.needs]
    if advice := reach_advice(outside, verdict.run):
        steps.append(f"what is out of reach needs {advice}")
    return tuple(steps)


def certify_command(run: RunSummary, depth: Depth) -> str:
    """The command that looks at the same target at a depth, or why there is none."""
    if depth is Depth.FULL:
        return "takes hours of watching, which this version does not do"
    if run.target == "embedded":
        return f"make certify DEPTH={depth}"
    if run.target == "url":
        return f"make certify URL={run.url} DEPTH={depth}"
    return f"ainp-harness certify --target {run.target} --depth {depth}"


def reach_advice(needs: Iterable[Need], run: RunSummary) -> str:
    """What a target would have to be for these needs; empty where they lie within the run's reach."""
    return "; ".join(dict.fromkeys(GIVES[need] for need in needs if need not in run.reach))


def _command(verdict: RunVerdict, depth: Depth) -> str:
    return f"{certify_command(verdict.run, depth)} (up to 12 min)"
