"""What would show a requirement or target that lay outside a run's scope: a longer look, or a target that gives more.

Pure. Scope is data (docs/verdicts.md), so the way to widen it follows from the same data.
"""

from __future__ import annotations

from ainp_harness.judging.headline import certify_command, reach_advice
from ainp_harness.judging.verdict import RequirementVerdict, RunSummary, Verdict

LEFT_OUT = "left out by --safe"
"""So begins the reason of what a safe run cannot show (judging/judge.py)."""


def how_to_see(requirement: RequirementVerdict, run: RunSummary) -> str:
    """The command or change that would bring it into scope; empty where it was in scope."""
    if requirement.verdict is Verdict.DEFERRED:
        return certify_command(run, requirement.depth)
    if requirement.verdict is Verdict.OUT_OF_REACH:
        if run.safe and requirement.reason.startswith(LEFT_OUT):
            return "a run without --safe"
        advice = reach_advice(requirement.needs, run)
        return f"needs {advice}" if advice else f"the binding {run.binding} does not let it be seen"
    return ""
