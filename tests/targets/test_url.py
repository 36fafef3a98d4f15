"""A target by URL reaches what its URL and options show, and nothing else."""

import json

import pytest

from ainp_harness.promises.vocabulary import Need
from ainp_harness.targets import TargetError, UrlTarget


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://broker.example", "https://broker.example"),
        ("https://broker.example/", "https://broker.example"),
        ("HTTPS://broker.example:8443/ainp/", "https://broker.example:8443/ainp"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_the_base_url_has_no_slash_at_its_end(url: str, base: str) -> None:
    assert UrlTarget(url).base_url == base


@pytest.mark.parametrize(
    ("target", "reach"),
    [
        (UrlTarget("http://broker.example"), set()),
        (UrlTarget("https://broker.example"), {Need.HTTPS}),
        (UrlTarget("http://broker.example", cors_origin="https://a.example"), {Need.ORIGIN}),
        (UrlTarget("https://broker.example", also_reaches=frozenset({Need.LOGS})), {Need.HTTPS, Need.LOGS}),
    ],
)
def test_reach_is_what_scheme_and_options_show(target: UrlTarget, reach: set[Need]) -> None:
    assert target.reach == reach


def test_it_has_no_control_no_processes_and_keeps_header_values_out_of_the_record() -> None:
    with UrlTarget("https://broker.example", headers={"X-Key": "secret"}) as target:
        assert target.control is None
        assert target.processes() == ()
        assert "secret" not in json.dumps(target.facts())
        assert target.headers == {"X-Key": "secret"}


@pytest.mark.parametrize(
    "url",
    ["broker.example", "ftp://broker.example", "https://", "https://u:p@broker.example", "https://broker.example/?a=1", "http://b:port"],
)
def test_what_is_no_url_of_a_broker_is_said(url: str) -> None:
    with pytest.raises(TargetError) as raised:
        UrlTarget(url)

    assert "p@" not in str(raised.value)
