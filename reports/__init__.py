"""Renders a judged run for people and for machines: HTML, Markdown, JUnit, JSON and the terminal.

Everything here reads run bundles and verdicts, never a broker. What stands in a bundle was written by strangers and is treated as
hostile text.
"""

from reports.document import write_reports
from reports.terminal import render_summary
from reports.verdict_json import MalformedVerdict, load_verdict

__all__ = ["MalformedVerdict", "load_verdict", "render_summary", "write_reports"]
