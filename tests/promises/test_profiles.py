"""Profiles by name, by path and several together: a compressed one judges like a shipped one, and what does not go together is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from ainp_harness.promises.conflicts import load_conflicts, opposed
from ainp_harness.promises.profiles import load_profile, load_profiles
from ainp_harness.promises.shipped import Promises
from ainp_harness.promises.toml_files import PromiseError

COMPRESSED = sorted((Path(__file__).parents[1] / "profiles").glob("*.toml"))

TEXT = """name = "mine"
title = "t"
source = "s"
like = "phase-0.3"
certifies = false

[constants]
skew_s = 5
"""


@pytest.mark.parametrize("path", COMPRESSED, ids=lambda path: path.stem)
def test_a_compressed_profile_judges_like_the_shipped_one(path: Path) -> None:
    compressed, shipped = Promises.shipped(str(path)), Promises.shipped(load_profile(str(path)).like or "")

    assert compressed.requirements == shipped.requirements
    assert compressed.profile.judges == shipped.profile.name
    assert compressed.profile.unprobed == shipped.profile.unprobed
    assert not compressed.profile.certifies
    assert compressed.profile.constants.limit_window_s < shipped.profile.constants.limit_window_s
    assert compressed.profile.constants.limit_per_did == shipped.profile.constants.limit_per_did


@pytest.mark.parametrize(
    ("changed", "to", "line", "told"),
    [
        ('like = "phase-0.3"', 'like = "phase-9"', 4, "no such profile"),
        ('name = "mine"', 'name = "phase-0.3"', 1, "has this name"),
        ("certifies = false", "certifies = true", 5, "False"),
        ("skew_s = 5", "skew_s = 0", 8, "greater than 0"),
        ("skew_s = 5", "screw_s = 5", 8, "unknown key"),
    ],
)
def test_a_compressed_profile_that_does_not_fit_is_told_with_its_line(changed: str, to: str, line: int, told: str, tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(TEXT.replace(changed, to))
    with pytest.raises(PromiseError, match=told) as error:
        load_profile(str(path))
    assert error.value.line == line


def test_several_profiles_are_named_with_commas() -> None:
    assert [profile.name for profile in load_profiles("phase-0.3, draft-00")] == ["phase-0.3", "draft-00"]


@pytest.mark.parametrize(
    ("names", "told"),
    [("", "no profile"), ("phase-0.3,phase-0.3", "twice"), (f"phase-0.3,{COMPRESSED[0]}", "alone"), ("phase-0.3,nine", "no such")],
)
def test_what_does_not_go_together_is_told(names: str, told: str) -> None:
    with pytest.raises(PromiseError, match=told):
        load_profiles(names)


def test_opposite_readings_are_found() -> None:
    found = {one.conflict.id: str(one) for one in opposed(load_conflicts().values(), ["phase-0.3", "draft-00"])}

    assert "phase-0.3 reads hard and draft-00 reads burst" in found["ERRATUM-05"]
    assert not opposed(load_conflicts().values(), ["phase-0.3"])
