"""Certifying the second surface as a user does: what the binding does not show is out of reach, everything else is shown."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Harness, verdicts


def test_the_bundled_broker_over_its_second_surface(harness: Harness, tmp_path: Path) -> None:
    done = harness("certify", "--binding", "servesys", "--no-load", "--areas", "queue,delivery,websocket", timeout_s=240)

    assert done.returncode == 0, done.stdout + done.stderr
    found = verdicts(tmp_path)
    assert {identifier for identifier, verdict in found.items() if verdict not in ("PASS", "DEFERRED", "OUT_OF_REACH")} == set()
    assert {found[identifier] for identifier in ("AINP-QUE-003", "AINP-QUE-004", "AINP-WSK-001")} == {"PASS"}
    assert {found[identifier] for identifier in ("AINP-QOS-002", "AINP-WSK-005")} == {"OUT_OF_REACH"}
