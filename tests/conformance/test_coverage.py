"""Coverage is read from the probes' marks: what a probe speaks for, when it runs, and where nothing shows a requirement."""

from __future__ import annotations

from pathlib import Path

from ainp_harness.promises.vocabulary import Depth
from conformance.kit.coverage import Coverage, coverage, read_probes

TEXT = '''
import pytest

pytestmark = [pytest.mark.fault, pytest.mark.depth("standard")]


@pytest.mark.disturbs
@requirement("AINP-SIG-003", "AINP-SIG-004")
@pytest.mark.parametrize("change", [1, 2])
async def test_x(probe, change):
    """One line,
    and its end.

    More of it.
    """
    probe.claim("refused", await probe.call("health", {}))
    await probe.shows_refusal(change)


async def test_no_probe(probe):
    pass
'''


def test_a_probe_is_read_from_its_marks(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(TEXT)
    (probe,) = read_probes(tmp_path)

    assert probe.name == "test_a.py::test_x"
    assert probe.requirements == ("AINP-SIG-003", "AINP-SIG-004")
    assert probe.depth is Depth.STANDARD
    assert probe.marks == {"fault", "disturbs", "parametrize"}
    assert probe.expectations == ("refused", "not_received")
    assert probe.about == "One line, and its end."


def test_what_is_shown_and_by_what() -> None:
    shown = coverage()

    assert shown["AINP-RPL-001"].invariants == ("no_accepted_replay",)
    assert shown["AINP-PRF-001"].targets == ("AINP-PRF-001",)
    assert "33 integration checks" in shown["AINP-OPS-006"].shown_by
    assert not shown["AINP-SIG-003"].hole
    assert Coverage().hole
    assert Coverage().shown_by == "NOTHING"
    assert not Coverage(excluded="not observable from outside").hole
