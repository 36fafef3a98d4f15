"""The page that people look at: one file with its styles and pictures inside, that needs no network and no script.

Pure: a view and evidence in, text out. Every text is escaped by the template engine; only our own charts and style sheet are passed
as they are.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ainp_harness.judging.verdict import RunVerdict, Verdict
from reports import facts, words
from reports.pictures import draw
from reports.reading import Evidence
from reports.view import ReportView

TEMPLATES = Path(__file__).parent / "templates"
MARK = {"good": "✓", "bad": "✕", "unsure": "?"}


def render_html(view: ReportView, evidence: Evidence, bundle_name: str) -> str:
    page = _environment().get_template("report.html.j2")
    return page.render(
        view=view,
        verdict=view.verdict,
        run=view.verdict.run,
        rest=words.after_status(view.verdict.headline, view.verdict.status),
        tone=tone(view.verdict),
        status_mark=MARK[tone(view.verdict)],
        charts=[(chart.title, chart.alt, Markup(chart.svg)) for chart in draw(evidence, view.verdict.targets)],
        environment=facts.environment(view.verdict, evidence),
        load=facts.load_facts(evidence),
        not_looked_at=facts.not_looked_at(view.verdict, evidence),
        interruption=facts.interruption(view.verdict, evidence),
        judge_again=facts.judge_again(bundle_name),
        replay=facts.replay(bundle_name),
        style=Markup((TEMPLATES / "report.css").read_text("utf-8")),
    )


def tone(verdict: RunVerdict) -> str:
    """good, bad, or unsure where nothing failed and yet the run did not pass: interrupted, inconclusive, invalid."""
    if verdict.passed:
        return "good"
    failed = verdict.counts.get(Verdict.FAIL) or any(target.verdict is Verdict.FAIL for target in verdict.targets)
    return "bad" if failed else "unsure"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "mark": lambda verdict: words.MARKS[verdict],
        "label": lambda verdict: words.LABELS[verdict],
        "tone": lambda verdict: words.TONES[verdict],
        "moment": words.moment,
        "clean": words.clean,
        "one_line": words.one_line,
        "plural": words.plural,
        "title_of": words.area_title,
    }
    return environment
