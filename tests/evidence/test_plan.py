"""The seal: a plan is written once, and whoever changes it afterwards is noticed."""

from __future__ import annotations

import datetime
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ainp_harness.evidence.files import EvidenceError
from ainp_harness.evidence.plan import BrokenSeal, Declared, LoadInfo, MissingPlan, Plan, TargetInfo, ToolInfo, digest_of, read_plan, seal
from ainp_harness.promises.vocabulary import Depth, Need
from ainp_harness.promises.waivers import Waiver

WAIVER = Waiver(id="W1", requirements=("AINP-WSK-001",), owner="o", reason="r", scope="url", expires=datetime.date(2026, 12, 31))


def plan(**changes: Any) -> Plan:
    members: dict[str, Any] = {
        "tool": ToolInfo(name="ainp-harness", version="0.1.0"),
        "run_id": "r1",
        "created_ms": 1_790_000_000_000.0,
        "target": TargetInfo(name="url", url="http://127.0.0.1:8080", facts={"ready_s": [1.5]}),
        "reach": (Need.CONTROL, Need.LOGS),
        "binding": {"name": "v1"},
        "binding_digest": "sha256:0",
        "profile": "phase-0.3",
        "profile_digest": "sha256:1",
        "requirements_digest": "sha256:2",
        "depth": Depth.QUICK,
        "load": LoadInfo(name="phase-0.3", warmup_s=5, duration_s=15),
        "seed": "s",
        "waivers": (WAIVER,),
        "declared": Declared(source="capabilities", features=("queue",), limits={"per_did": 100}),
    }
    return Plan(**{**members, **changes})


def changed(folder: Path, change: Any) -> None:
    path = folder / "run.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def test_a_sealed_plan_is_read_as_it_was(tmp_path: Path) -> None:
    digest = seal(plan(), tmp_path)

    assert read_plan(tmp_path) == plan()
    assert digest == digest_of(plan())
    assert read_plan(tmp_path).features == {"queue"}


def test_the_digest_is_sha_256_of_the_canonical_plan(tmp_path: Path) -> None:
    """Anybody can check it without this program: sorted keys, no spaces, whole numbers without a fraction."""
    digest = seal(plan(), tmp_path)
    document = json.loads(
        (tmp_path / "run.json").read_text(), parse_float=lambda text: int(float(text)) if float(text).is_integer() else float(text)
    )

    text = json.dumps(document["plan"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert digest == document["digest"] == "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def test_a_plan_is_sealed_once(tmp_path: Path) -> None:
    seal(plan(), tmp_path)

    with pytest.raises(EvidenceError, match="already sealed"):
        seal(plan(depth=Depth.STANDARD), tmp_path)
    assert read_plan(tmp_path).depth is Depth.QUICK


CHANGES = {
    "depth": lambda document: document["plan"].update(depth="standard"),
    "reach": lambda document: document["plan"]["reach"].pop(),
    "a waiver's date": lambda document: document["plan"]["waivers"][0].update(expires="2036-12-31"),
    "a waiver added": lambda document: document["plan"]["waivers"].append(document["plan"]["waivers"][0]),
    "a declared limit": lambda document: document["plan"]["declared"]["limits"].update(per_did=10),
    "the digest": lambda document: document.update(digest="sha256:" + "0" * 64),
    "the load's window": lambda document: document["plan"]["load"].update(duration_s=14),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_changed_plan_is_noticed(tmp_path: Path, change: Any) -> None:
    seal(plan(), tmp_path)
    changed(tmp_path, change)

    with pytest.raises(BrokenSeal, match="changed after it was sealed"):
        read_plan(tmp_path)


MISFITS = {
    "another format": (lambda document: document.update(format=2), "another format"),
    "no format": (lambda document: document.pop("format"), "another format"),
    "an unknown member": (lambda document: document["plan"].update(extra=1), "extra"),
    "a missing member": (lambda document: document["plan"].pop("seed"), "seed"),
    "no plan": (lambda document: document.pop("plan"), "does not fit"),
    "an unknown depth": (lambda document: document["plan"].update(depth="deep"), "depth"),
}


@pytest.mark.parametrize(("change", "says"), MISFITS.values(), ids=MISFITS.keys())
def test_a_plan_that_does_not_fit_is_told(tmp_path: Path, change: Any, says: str) -> None:
    seal(plan(), tmp_path)
    changed(tmp_path, change)

    with pytest.raises(BrokenSeal, match=says):
        read_plan(tmp_path)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff"])
def test_what_is_no_plan_at_all(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "run.json").write_bytes(data)

    with pytest.raises(BrokenSeal, match=r"run\.json"):
        read_plan(tmp_path)


def test_a_folder_without_a_plan_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(MissingPlan, match="no run bundle"):
        read_plan(tmp_path)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(TEXTS, JSON, max_size=3), st.sets(st.sampled_from(Need)))
def test_whatever_a_plan_holds_it_reads_its_own_seal(
    tmp_path_factory: pytest.TempPathFactory, facts: dict[str, Any], reach: set[Need]
) -> None:
    folder = tmp_path_factory.mktemp("plan")
    made = plan(target=TargetInfo(name="url", url="u", facts=facts), reach=tuple(sorted(reach)))

    seal(made, folder)
    assert digest_of(read_plan(folder)) == digest_of(made)
