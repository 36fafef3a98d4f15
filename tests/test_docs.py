"""The documentation keeps its word: examples load, links lead somewhere, and what is named exists."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import typer

from ainp_harness.cli.main import app
from ainp_harness.cli.options import Options, load_options
from ainp_harness.judging.verdict import Verdict
from ainp_harness.promises.bindings import load_binding
from ainp_harness.promises.profiles import load_profile, shipped_profiles
from ainp_harness.promises.requirements import Requirement, load_requirements, requirements_of
from ainp_harness.promises.shipped import Promises
from ainp_harness.promises.vocabulary import Need
from ainp_harness.promises.waivers import load_waivers
from ainp_harness.wire.binding import PLACEHOLDERS
from ainp_harness.wire.binding_data import OPERATIONS
from ainp_harness.wire.errors import ErrorCode

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
ROOMS = ("ainp_harness", "conformance", "loadtests", "reports", "reference_broker", "tests", "docs", "scripts")

BLOCK = re.compile(r"^```toml (\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]\n]*\]\(([^()\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"(?:^ {4,}|^\$ |`|\()ainp-harness ([^\n`|]*)", re.MULTILINE)
"""In backticks, in an indented line, or inside another command."""

HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


BLOCKS = [
    pytest.param(found[1], found[2], id=f"{name_of(page)}-{found[1]}-{number}")
    for page in PAGES
    for number, found in enumerate(BLOCK.finditer(page.read_text()))
]


def without_blocks(page: Path) -> str:
    return re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The anchors that a renderer makes of a page's headings."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in HEADING.findall(page.read_text())}


@pytest.mark.parametrize(("kind", "text"), BLOCKS)
def test_an_example_loads(kind: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / "example.toml"
    file.write_text(text)
    match kind:
        case "binding":
            assert load_binding(str(file)).operations
        case "waivers":
            assert load_waivers(file, Promises.shipped("phase-0.3").requirements)
        case "configuration":
            assert load_options({}, file)
        case "requirement":
            assert not load_requirements(tmp_path).keys() & load_requirements().keys()
        case _:
            pytest.fail(f"nothing says how a block of kind {kind!r} is loaded")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(without_blocks(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{target}: there is no such file"
        assert there.is_relative_to(ROOT), f"{target} leads out of the project"
        if anchor:
            assert anchor in anchors(there), f"{target}: there is no such heading"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_named_exists(page: Path) -> None:
    """In backticks, from the root: what begins with a room. Capitals are the reader's to fill in."""
    for text in CODE.findall(without_blocks(page)):
        if text.split("/")[0] in ROOMS and "/" in text and " " not in text and not re.search(r"[A-Z*{]{2,}", text):
            assert (ROOT / text).exists() or text.startswith("ainp_harness/_rooms"), f"`{text}`: there is no such file"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_named_exists(page: Path) -> None:
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for line in COMMAND.findall(page.read_text()):
        words = line.split()
        assert words[0] in known, f"ainp-harness {words[0]}: there is no such command"
        if words[0] in ("certify", "judge"):
            options = {option for parameter in known[words[0]].params for option in (*parameter.opts, *parameter.secondary_opts)}
            named = {word.strip("[]).,").partition("=")[0] for word in words if re.match(r"\[?--?[a-zA-Z]", word)}
            assert named <= options, f"ainp-harness {line}: unknown options {sorted(named - options)}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_make_target_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for target in re.findall(r"(?:^ {4}|`)make ([a-z-]+)", page.read_text(), re.MULTILINE):
        assert target in targets, f"make {target}: there is no such target"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_requirement_named_is_known(page: Path) -> None:
    promises = Promises.shipped("phase-0.3")
    known = {*load_requirements(), *promises.profile.unprobed}
    for identifier in set(re.findall(r"AINP-[A-Z]{3}-[0-9]{3}", without_blocks(page))):
        assert identifier in known, f"{identifier} is no requirement of this version"


def words_of(page: str) -> str:
    return (DOCS / page).read_text()


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("configuration.md", [f"`{name}`" for name in Options.model_fields]),
        ("bindings.md", [f"`{{{name}}}`" for name in sorted(PLACEHOLDERS)]),
        ("bindings.md", sorted(OPERATIONS)),
        ("requirements.md", [f"`{name}`" for name in Requirement.model_fields if name != "area"]),
        ("requirements.md", [f"`{need}`" for need in Need]),
        ("verdicts.md", list(Verdict)),
        ("refusals.md", list(ErrorCode)),
    ],
)
def test_a_page_is_complete(page: str, words: list[str]) -> None:
    text = words_of(page)
    assert [word for word in words if word not in text] == []


def test_counts_of_requirements_are_told_right() -> None:
    text, requirements = words_of("requirements.md"), load_requirements()
    assert f"There are {len(requirements)}:" in text
    assert f"{len(requirements)} requirements in three profiles" in (ROOT / "CHANGELOG.md").read_text()
    for name in shipped_profiles():
        unprobed = len(load_profile(name).unprobed)
        assert f"{len(requirements_of(name, requirements))} of {name}" in text
        assert f"{unprobed} of {name}" in text


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.split(r"[\[>=<~!]", dependency)[0] for dependency in project["dependencies"]]
    text = words_of("decisions/0003-dependencies.md")
    assert [name for name in names if not re.search(rf"^\| {name}(\[\w+\])? \|", text, re.MULTILINE)] == []


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(path.name[:4]) for path in sorted((DOCS / "decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
