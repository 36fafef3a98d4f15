"""What a reader needs to place a run: when and where it ran, with which seed and digests, what it did not look at, and how to judge it
again.

Pure. Every value comes out cleaned and on one line.
"""

from __future__ import annotations

from typing import Any

from ainp_harness.judging.verdict import RunVerdict, Verdict
from reports.reading import Evidence, Json
from reports.words import clean, lasting, moment, number, one_line, plural


def environment(verdict: RunVerdict, evidence: Evidence) -> list[tuple[str, str]]:
    run, plan = verdict.run, evidence.plan
    facts = [
        ("Run", run.run_id),
        ("Started", moment(run.created_ms)),
        ("Ended", _ended(verdict)),
        ("Target", f"{run.target} {run.url}"),
        ("Profile", _named(plan.get("profile"), run.profile)),
        ("Binding", _named(plan.get("binding"), run.binding)),
        ("Reach", ", ".join(need.value for need in run.reach) or "the address alone"),
        ("Areas", ", ".join(run.areas) or "all"),
        ("Signing", ", ".join(verdict.signing_schemes)),
        ("Seed", run.seed),
        ("Harness", run.tool_version),
        ("Plan digest", evidence.plan_digest),
        ("Host", _listed(plan.get("host"))),
        ("Broker said", _listed(plan.get("declared"), ("instance", "revision", "source", "did"))),
    ]
    return [(name, one_line(value)) for name, value in facts if value]


def load_facts(evidence: Evidence) -> list[tuple[str, str]]:
    """How the load was made and how the generator did; empty for a run without load."""
    load = evidence.load
    if load is None:
        return []
    generator = _object(load.get("generator"))
    facts = [
        ("Load", str(load.get("load", ""))),
        ("Warm-up and window", f"{_seconds(load.get('warmup_s'))} + {_seconds(load.get('duration_s'))}"),
        ("Scheduled in the window", ", ".join(f"{name} {_count(count)}" for name, count in _object(load.get("scheduled")).items())),
        ("Agents", f"{_count(load.get('agents'))} by {load.get('transport', 'unknown')}" if load.get("agents") else ""),
        ("Workers", _count(load.get("workers"))),
        ("Generator CPU p95", _scaled(generator.get("cpu_share_p95"), 100, "% of one core")),
        ("Generator lateness p99", _scaled(generator.get("lateness_p99_us"), 0.001, "ms")),
        ("Generator's longest pause", _scaled(generator.get("loop_lag_max_us"), 0.001, "ms")),
        ("Complete", "yes" if load.get("complete") is True else "no: the load was cut short"),
    ]
    return [(name, one_line(value)) for name, value in facts if value]


def not_looked_at(verdict: RunVerdict, evidence: Evidence) -> list[str]:
    """Everything a reader must not take for shown."""
    said = []
    if verdict.unprobed:
        said.append(f"{plural(verdict.unprobed, 'requirement')} of {verdict.run.profile} without a probe in this version.")
    if verdict.run.areas:
        said.append(f"Only these areas were asked for: {', '.join(verdict.run.areas)}.")
    if evidence.load is None:
        said.append("No load was run, so no latency, throughput or capacity was measured.")
    said += [f"{one.id}: waiver {one.waiver}." for one in verdict.requirements if one.waiver and one.verdict is not Verdict.WAIVED]
    said += [str(note) for note in verdict.notes]
    for entry in _list((evidence.load or {}).get("invalid")):
        said.append(
            f"The measurement is not to be trusted ({_object(entry).get('direction', 'always')}): {_object(entry).get('reason', '')}"
        )
    said += [str(note) for note in _list((evidence.load or {}).get("notes"))]
    said += [f"While reading the bundle: {problem}" for problem in evidence.problems]
    return list(dict.fromkeys(one_line(one, 500) for one in said))[:40]


def interruption(verdict: RunVerdict, evidence: Evidence) -> str:
    """One sentence where the run did not come to its end; empty where it did."""
    if verdict.run.end_reason == "completed":
        return ""
    detail = one_line(str((evidence.end or {}).get("detail") or ""), 300)
    how = {"interrupted": "was interrupted", "failed": "failed"}.get(
        verdict.run.end_reason or "", "left no ending: it was killed or is still running"
    )
    return f"This run {how}{': ' + detail if detail else ''}. What had not been looked at by then is not shown."


def replay(bundle_name: str) -> str:
    """The command that sends an exchange again, without the exchange's id."""
    return f"ainp-harness replay runs/{clean(bundle_name)}"


def judge_again(bundle_name: str) -> str:
    return f"ainp-harness judge runs/{clean(bundle_name)}"


def _ended(verdict: RunVerdict) -> str:
    run = verdict.run
    if run.ended_ms is None:
        return "not recorded: interrupted"
    return f"{moment(run.ended_ms)} ({lasting(max(0.0, (run.ended_ms - run.created_ms) / 1000))}, {run.end_reason or 'no reason given'})"


def _named(entry: Any, fallback: str) -> str:
    known = _object(entry)
    digest = str(known.get("digest") or "")
    return f"{fallback} ({digest[:19]}…)" if len(digest) > 20 else fallback


def _listed(entry: Any, names: tuple[str, ...] | None = None) -> str:
    known = _object(entry)
    chosen = names or tuple(known)
    return ", ".join(f"{name} {known[name]}" for name in chosen if isinstance(known.get(name), str | int | float) and known[name] != "")


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _count(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else ""


def _seconds(value: Any) -> str:
    return lasting(float(value)) if isinstance(value, int | float) else "?"


def _scaled(value: Any, factor: float, unit: str) -> str:
    return f"{number(round(value * factor, 3))} {unit}" if isinstance(value, int | float) and not isinstance(value, bool) else ""
