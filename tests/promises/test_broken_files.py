"""A file that does not fit is told with its name and the line at fault."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ainp_harness.promises.bindings import load_binding
from ainp_harness.promises.profiles import PROFILES, Profile, load_profile
from ainp_harness.promises.requirements import load_requirements
from ainp_harness.promises.targets import TARGETS, load_targets
from ainp_harness.promises.toml_files import PromiseError, TomlFile
from ainp_harness.promises.waivers import load_waivers

REQUIREMENT = """[[requirement]]
id = "AINP-XXX-001"
level = "MUST"
profiles = ["phase-0.3"]
statement = "s"
source = "s"
shown_by = "s"
"""

WAIVER = """[[waiver]]
id = "W1"
requirements = ["AINP-WSK-001"]
owner = "ops"
reason = "railway"
scope = "url"
expires = 2026-12-31
"""

BINDING = """[poll]
method = "GET"
path = "/inbox/{did}"
proof = "headers"
success = [200]
"""

PROFILE = (PROFILES / "phase-0.3.toml").read_text()

LONGER = REQUIREMENT + "\n" + REQUIREMENT.replace("001", "002")


def requirements(path: Path) -> Any:
    return load_requirements(path.parent)


def waivers(path: Path) -> Any:
    return load_waivers(path, load_requirements())


def binding(path: Path) -> Any:
    return load_binding(str(path))


def profile(path: Path) -> Any:
    return TomlFile.read(path).parse(Profile)


def line_of(text: str, part: str) -> int:
    """The line of the last occurrence of a part."""
    return text.count("\n", 0, text.rindex(part)) + 1


TARGET_TEXT = TARGETS.read_text()
BAD_METRIC = TARGET_TEXT.replace('metric = "memory.max"', 'metric = "memory.most"')
BAD_CONDITION = TARGET_TEXT.replace('conditions = ["projected-7d"]', 'conditions = ["projected-8d"]')
BAD_LOAD = TARGET_TEXT.replace('load = "script"', 'load = "scripts"')
BAD_INTERVAL = TARGET_TEXT.replace('id = "AINP-PRF-003"', 'id = "AINP-PRF-003"\nunknown = 1')
BOTH = TARGET_TEXT.replace('mode = "start"', 'mode = "start"\nscenario = "mixed"')

CASES: list[tuple[Callable[[Path], Any], str, str, int]] = [
    # malformed TOML
    (requirements, "[[requirement]\nid = 1\n", "not TOML", 1),
    (waivers, 'a = 1\nb = "\n', "not TOML", 2),
    (profile, "name = \n", "not TOML", 1),
    (binding, '[poll\nmethod = "GET"', "not TOML", 1),
    # unknown keys
    (requirements, REQUIREMENT + 'depht = "quick"\n', "depht: unknown key", 8),
    (waivers, WAIVER.replace("owner", "ownr") + 'owner = "x"\n', "ownr: unknown key", 4),
    (profile, PROFILE.replace("skew_s", "skew_ms"), "skew_s: Field required", line_of(PROFILE, "[constants]")),
    (profile, PROFILE + "\nextra = 1\n", "extra: unknown key", PROFILE.count("\n") + 2),
    (binding, BINDING + "timeout = 5\n", "timeout: unknown", 6),
    (binding, BINDING + '\n[polls]\nmethod = "GET"\n', "polls: neither an operation", 7),
    # wrong types and values
    (requirements, LONGER.replace('level = "MUST"', 'level = "MAY"'), "requirement.0.level", 3),
    (requirements, REQUIREMENT + "\n" + REQUIREMENT.replace("001", "2"), "requirement.1.id", 10),
    (requirements, REQUIREMENT + 'needs = ["magic"]\n', "needs.0", 8),
    (waivers, WAIVER.replace("2026-12-31", '"soon"'), "expires", 7),
    (waivers, WAIVER.replace('["AINP-WSK-001"]', "[]"), "requirements", 3),
    (profile, PROFILE.replace("limit_per_did = 100", 'limit_per_did = "many"'), "limit_per_did", line_of(PROFILE, "limit_per_did")),
    (profile, PROFILE.replace("limit_per_ip = 100", "limit_per_ip = 0"), "limit_per_ip", line_of(PROFILE, "limit_per_ip")),
    (binding, BINDING.replace("[200]", '"200"'), "poll.success: not a list", 5),
    (binding, BINDING.replace("{did}", "{whom}"), "{whom}", 3),
    (binding, BINDING + "body = '{\"a\": '\n", "neither JSON", 6),
    # what is missing is told at its own table
    (requirements, LONGER.replace('level = "MUST"\n', "", 1), "requirement.0.level: Field required", 1),
    (requirements, REQUIREMENT + "\n" + REQUIREMENT.replace('source = "s"\n', "").replace("001", "002"), "requirement.1.source", 9),
    (binding, BINDING.replace('path = "/inbox/{did}"\n', "") + '\n[confirm]\npath = "/x"\n', "poll.path: missing", 1),
    # names of things that do not exist
    (requirements, REQUIREMENT + "\n" + REQUIREMENT, "stands twice", 10),
    (load_targets, BAD_METRIC, "'memory.most', which is not defined", line_of(BAD_METRIC, "memory.most")),
    (load_targets, BAD_CONDITION, "'projected-8d'", line_of(BAD_CONDITION, "projected-8d")),
    (load_targets, BAD_LOAD, "'scripts'", line_of(BAD_LOAD, '"scripts"')),
    (load_targets, BAD_INTERVAL, "unknown: unknown key", line_of(BAD_INTERVAL, "unknown = 1")),
    (load_targets, BOTH, "exactly one of scenario and mode", line_of(BOTH, 'id = "AINP-HLT-006"') - 1),
    (waivers, WAIVER + "\n" + WAIVER.replace("WSK-001", "WSK-999"), "AINP-WSK-999 is no requirement", 11),
    (waivers, WAIVER.replace("WSK-001", "SIG-002"), "AINP-SIG-002 is core: it cannot be waived", 3),
    (binding, '[[not_observable]]\nrequirements = ["AINP-XXX-001"]\nreason = "r"\n' + BINDING, "AINP-XXX-001 is no requirement", 2),
    (binding, '[[not_observable]]\nrequirements = ["AINP-SIG-002"]\nreason = "r"\n' + BINDING, "AINP-SIG-002 is core", 2),
    (binding, BINDING + '[[not_observable]]\nrequirements = ["AINP-QUE-003"]\nreason = "r"\n', "AINP-QUE-003 needs confirm", 7),
    (binding, BINDING + '[[not_observable]]\nrequirements = ["AINP-WSK-005"]\n', "not_observable.0: each entry has", 6),
    (binding, 'intent_payload = "note"\n' + BINDING, "intent_payload: one of freeform-note, message", 1),
    (binding, 'codes = { REPLAY = "DUPLICATE" }\n' + BINDING, "codes.REPLAY: 'DUPLICATE' is no code", 1),
    (binding, BINDING + '[declares]\nfeature = ["queue"]\n', "declares.feature: unknown", 7),
    (binding, BINDING + '[negotiate]\nphase = { OFFER = "negotiate_create" }\n', "negotiate.phase.OFFER", 7),
]


@pytest.mark.parametrize(("load", "text", "says", "line"), CASES, ids=[f"{load.__name__}: {says}" for load, _, says, _ in CASES])
def test_a_broken_file_is_told_with_its_line(tmp_path: Path, load: Callable[[Path], Any], text: str, says: str, line: int) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(text)

    with pytest.raises(PromiseError) as refusal:
        load(path)
    assert says in str(refusal.value)
    assert str(refusal.value).startswith(f"{path}:{line}: ")


@pytest.mark.parametrize("load", [waivers, profile, binding, load_targets])
def test_a_missing_file_is_told_by_its_name(tmp_path: Path, load: Callable[[Path], Any]) -> None:
    with pytest.raises(PromiseError, match=r"none\.toml: there is no such file"):
        load(tmp_path / "none.toml")


def test_a_folder_without_requirements(tmp_path: Path) -> None:
    with pytest.raises(PromiseError, match="holds no requirement"):
        load_requirements(tmp_path)


def test_what_is_no_text_at_all(tmp_path: Path) -> None:
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe")

    with pytest.raises(PromiseError, match="cannot be read"):
        TomlFile.read(path)


@pytest.mark.parametrize("load", [load_binding, load_profile])
def test_an_unknown_name_tells_the_known_ones(load: Callable[[str], Any]) -> None:
    with pytest.raises(PromiseError, match=r"shipped are .*(v1|phase-0\.3)"):
        load("no-such")


def test_a_waiver_is_read_typed(tmp_path: Path) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text(WAIVER)

    (waiver,) = waivers(path)
    assert (waiver.requirements, waiver.scope, waiver.expires) == (("AINP-WSK-001",), "url", datetime.date(2026, 12, 31))


def test_an_own_binding_is_named_for_its_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(BINDING)

    assert load_binding(str(path)).name == "mine"
