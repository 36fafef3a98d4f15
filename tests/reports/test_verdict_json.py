"""verdict.json: the shape of docs/bundle-format.md, and no loss on the way back."""

import json
import math
from pathlib import Path

import pytest

from reports import MalformedVerdict, load_verdict
from reports.verdict_json import verdict_from_json, verdict_to_json
from tests.reports import sample


@pytest.mark.parametrize("failed", [False, True])
def test_a_verdict_survives_the_round_trip(failed: bool) -> None:
    verdict = sample.verdict(failed=failed)

    assert verdict_from_json(verdict_to_json(verdict)) == verdict


def test_it_is_read_from_a_bundle_or_a_file(failed: Path) -> None:
    assert load_verdict(failed) == load_verdict(failed / "verdict.json") == sample.verdict(failed=True)


def test_it_has_the_fields_of_the_format() -> None:
    fields = json.loads(verdict_to_json(sample.verdict(failed=True)))

    assert fields["format"] == 1
    assert set(fields) == {
        "format",
        "headline",
        "status",
        "passed",
        "exit_code",
        "certifies",
        "run",
        "counts",
        "in_scope",
        "unprobed",
        "requirements",
        "targets",
        "signing_schemes",
        "notes",
        "next",
        "gates",
    }
    assert fields["targets"][0]["high"] == "inf"
    assert fields["targets"][1]["conditions"][0] == {
        "name": "blocks-95",
        "outcome": "PASS",
        "message": "every 10 s block has at least 95 % correct",
    }
    assert fields["targets"][5]["value"] is None
    assert fields["counts"]["FAIL"] == 3


def test_infinite_numbers_come_back_infinite() -> None:
    assert verdict_from_json(verdict_to_json(sample.verdict(failed=True))).targets[0].high == math.inf


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"format": 2}', '{"format": 1}', "[" * 100_000, verdict_to_json(sample.verdict()).replace('"PASS"', '"FINE"', 1)],
)
def test_anything_else_is_named_malformed(text: str) -> None:
    with pytest.raises(MalformedVerdict):
        verdict_from_json(text)
