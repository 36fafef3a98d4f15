"""The short story in GitHub-flavoured Markdown, for a comment on a pull request: headline, failures, targets, counts, and what lay
outside.

Pure. Every text from outside is written so that it can be neither markup, link, mention nor HTML.
"""

from __future__ import annotations

import re

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports import facts, words
from reports.html import MARK, TEMPLATES, tone
from reports.reading import Evidence
from reports.view import ReportView

PROBLEMS_SHOWN = 15
MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~&$^!]")
JOINER = "\N{WORD JOINER}"
AUTOLINKED = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=@)(?=\w)|(?<=\w)(?=@)", re.IGNORECASE)


def render_markdown(view: ReportView, evidence: Evidence, bundle_name: str) -> str:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters |= {
        "text": text,
        "code": code,
        "mark": lambda verdict: words.MARKS[verdict],
        "label": lambda verdict: words.LABELS[verdict],
        "plural": words.plural,
        "raw": Raw,
    }
    page = environment.get_template("report.md.j2")
    return page.render(
        view=view,
        verdict=view.verdict,
        run=view.verdict.run,
        rest=words.after_status(view.verdict.headline, view.verdict.status),
        status_mark=MARK[tone(view.verdict)],
        problems=view.problems[:PROBLEMS_SHOWN],
        more_problems=len(view.problems) - PROBLEMS_SHOWN,
        interruption=facts.interruption(view.verdict, evidence),
        not_looked_at=facts.not_looked_at(view.verdict, evidence)[:8],
        judge_again=facts.judge_again(bundle_name),
        replay=facts.replay(bundle_name),
    )


class Raw(str):
    """Text that is already Markdown."""

    __slots__ = ()


def text(value: object, limit: int = 300) -> Raw:
    """As literal text on one line: what Markdown reads becomes an entity, what GitHub would link is broken by an invisible joiner."""
    flat = words.one_line(str(value), limit)
    escaped = MARKUP.sub(lambda found: f"&#{ord(found.group())};", AUTOLINKED.sub(JOINER, flat))
    return Raw(re.sub(r"^([-+]|\d+[.)])(?=\s|$)", lambda found: f"{found.group()[:-1]}&#{ord(found.group()[-1])};", escaped))


def code(value: object, limit: int = 200) -> Raw:
    """As a code span that also survives inside a table."""
    flat = words.one_line(str(value), limit).replace("|", "\\|") or " "
    fence = "`" * (max((len(run) for run in re.findall("`+", flat)), default=0) + 1)
    gap = " " if flat.startswith("`") or flat.endswith("`") else ""
    return Raw(f"{fence}{gap}{flat}{gap}{fence}")


def _finalize(value: object) -> object:
    """Escaping by default: only what passed through a filter, and numbers, go out as they are."""
    return value if isinstance(value, Raw | int) else text(value)
