"""A binding's two functions, render and pick, and what a binding may not say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ainp_harness.wire.binding import PLACEHOLDERS, Binding, Rendered, pick, pick_path, render, render_value
from ainp_harness.wire.binding_data import BindingError, parse_binding

DID = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"


def operation(**changes: Any) -> dict[str, Any]:
    return {"method": "get", "path": "/x", "proof": "none", "success": [200], **changes}


def binding(**changes: Any) -> Binding:
    return parse_binding({"name": "mine", **changes})


def rendered(values: dict[str, Any], **changes: Any) -> Rendered:
    return render(binding(poll=operation(**changes)).operations["poll"], values)


@pytest.mark.parametrize(
    ("path", "values", "target"),
    [
        ("/inbox/{did}", {"did": DID}, f"/inbox/{DID}"),
        ("/inbox/{did}", {"did": "did:web:a/b?c#d é"}, "/inbox/did:web:a%2Fb%3Fc%23d%20%C3%A9"),
        ("/inbox/{did}?limit={limit}", {"did": "a", "limit": 5}, "/inbox/a?limit=5"),
        ("/inbox/{did}?limit={limit}", {"did": "a"}, "/inbox/a"),
        ("/inbox/{did}?limit={limit}&wait_ms={wait_ms}", {"did": "a", "wait_ms": 0}, "/inbox/a?wait_ms=0"),
        ("/d?query={query}&fixed=1", {"query": "a b&c=d+e%"}, "/d?query=a%20b%26c%3Dd%2Be%25&fixed=1"),
        ("/d?query={query}&fixed=1", {}, "/d?fixed=1"),
        ("/d?query=about {query}", {"query": "x y"}, "/d?query=about x%20y"),
        ("/d?query=about {query}", {}, "/d"),
        ("/d?min_trust={min_trust}", {"min_trust": 0.5}, "/d?min_trust=0.5"),
        ("/{did}/{intent_id}", {"did": "{intent_id}", "intent_id": "i"}, "/%7Bintent_id%7D/i"),
    ],
)
def test_paths_and_queries(path: str, values: dict[str, Any], target: str) -> None:
    assert rendered(values, path=path).target == target


def test_a_path_needs_its_value() -> None:
    with pytest.raises(ValueError, match=r"needs a value of \{did\}"):
        rendered({}, path="/inbox/{did}")


@pytest.mark.parametrize(
    ("body", "values", "sent"),
    [
        ('{"did": "{did}"}', {"did": "a"}, {"did": "a"}),
        ('{"limit": "{limit}"}', {"limit": 5}, {"limit": 5}),
        ('{"tags": "{tags}", "n": 1}', {"tags": ["a", "b"]}, {"tags": ["a", "b"], "n": 1}),
        ('{"did": "{did}", "tags": "{tags}"}', {"did": "a"}, {"did": "a"}),
        ('{"text": "about {query}, {limit} of them"}', {"query": "x", "limit": 5}, {"text": "about x, 5 of them"}),
        ('{"text": "about {query}"}', {}, {}),
        ('{"text": "{reason}: {query}"}', {"reason": "{query}", "query": "{reason}"}, {"text": "{query}: {reason}"}),
        ('{"inner": {"did": "{did}", "n": null}, "list": ["{did}", 1]}', {"did": "a"}, {"inner": {"did": "a"}, "list": ["a", 1]}),
        ("{envelope}", {"envelope": {"id": "x", "none": None}}, {"id": "x", "none": None}),
    ],
)
def test_bodies(body: str, values: dict[str, Any], sent: Any) -> None:
    request = rendered(values, method="post", body=body)

    assert json.loads(request.body) == sent
    assert request.headers["content-type"] == "application/json"
    assert request.method == "POST"


def test_headers_with_and_without_a_value() -> None:
    headers = {"x-did": "{did}", "x-note": "to {to_did}", "x-fixed": "1"}

    assert rendered({"did": "a"}, headers=headers).headers == {"x-did": "a", "x-fixed": "1"}


def test_a_request_without_a_body_has_no_content_type() -> None:
    assert rendered({}) == Rendered("GET", "/x", {}, b"")


def test_a_websocket_opens_by_a_get() -> None:
    assert rendered({"did": DID}, method="WS", path="/ws?did={did}").method == "GET"


def test_a_confirm_frame() -> None:
    confirm = binding(websocket=operation(method="WS", confirm='{"confirm": "{delivery_ids}"}')).operations["websocket"].confirm

    assert render_value(confirm, {"delivery_ids": ["1", "2"]}) == {"confirm": ["1", "2"]}


CAPABILITIES = [{"description": "d", "embedding": {"b64": "AACAPw==", "dim": 1, "dtype": "f32"}}, {"description": "e"}, 7]


@pytest.mark.parametrize(
    ("capabilities", "bare"),
    [
        (CAPABILITIES, [{"description": "d", "embedding": "AACAPw=="}, {"description": "e"}, 7]),
        ([{"embedding": {"dim": 1}}], [{"embedding": {"dim": 1}}]),
        ({"description": "no list"}, {"description": "no list"}),
        ("text", "text"),
    ],
)
def test_embeddings_as_bare_base64(capabilities: Any, bare: Any) -> None:
    """The same value in another spelling; what has no such form is sent as it is, so that a broker can refuse it."""
    sent = rendered({"capabilities": capabilities}, method="post", body='{"c": "{capabilities_b64}"}')

    assert json.loads(sent.body) == {"c": bare}


def test_tags_as_a_list_or_with_commas() -> None:
    sent = rendered({"tags": ["a", "b,c"]}, method="post", path="/x?tags={tags_csv}", body='{"tags": "{tags}"}')

    assert (sent.target, json.loads(sent.body)) == ("/x?tags=a%2Cb%2Cc", {"tags": ["a", "b,c"]})


def test_a_negotiation_may_have_one_operation_a_phase() -> None:
    mine = binding(negotiate={"phase": {"OFFER": "negotiate_create"}}, negotiate_create=operation())

    assert mine.offers("negotiate")
    assert mine.phases == {"OFFER": "negotiate_create"}
    assert "negotiate" not in mine.operations


@given(st.dictionaries(st.sampled_from(sorted(PLACEHOLDERS)), st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=4))
def test_a_value_never_changes_the_shape_of_a_request(values: dict[str, str]) -> None:
    request = rendered({"did": "x", **values}, path="/a/{did}/b?q={query}", body='{"q": "is {reason}!"}')
    path, _, query = request.target.partition("?")

    assert path.count("/") == 3
    assert query.count("=") == ("query" in values)
    assert json.loads(request.body) == ({"q": f"is {values['reason']}!"} if "reason" in values else {})


ANSWER = {"a": {"b": 1}, "list": [{"x": 1, "in": [{"y": 1}, {"y": 2}]}, {"in": [{"y": 3}]}, {"x": None}, 5], "empty": [], "text": "t"}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", ANSWER),
        ("a.b", 1),
        ("a", {"b": 1}),
        ("a.c", None),
        ("a.b.c", None),
        ("text.x", None),
        ("list[].x", [1]),
        ("list[].in[].y", [1, 2, 3]),
        ("list[].in", [[{"y": 1}, {"y": 2}], [{"y": 3}]]),
        ("empty[].x", []),
        ("empty[]", []),
        ("text[]", None),
        ("missing[].x", None),
        ("list.x", None),
    ],
)
def test_pick_paths(path: str, found: Any) -> None:
    assert pick_path(path, ANSWER) == found


def test_a_list_at_the_top() -> None:
    assert pick_path("[].x", [{"x": 1}, {}, {"x": 2}]) == [1, 2]
    assert pick_path("[].x", {"x": 1}) is None


def test_a_field_that_the_surface_does_not_have() -> None:
    assert pick(binding(poll=operation(pick={"a": "b"})).operations["poll"], "c", {"c": 1}) is None


JSON = st.recursive(
    st.none() | st.sampled_from("ab"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)


@given(st.text("ab.[]", max_size=8), JSON)
def test_picking_never_raises(path: str, answer: Any) -> None:
    pick_path(path, answer)


@pytest.mark.parametrize(
    ("data", "where", "says"),
    [
        ({"polls": operation()}, ("polls",), "neither an operation nor a key"),
        ({"poll": operation(pth="/")}, ("poll", "pth"), "unknown"),
        ({"poll": "GET /"}, ("poll",), "a table"),
        ({"poll": operation(path="/{didd}")}, ("poll", "path"), "{didd}"),
        ({"poll": operation(path="/{did")}, ("poll", "path"), "placeholder"),
        ({"poll": operation(path="/x?a={b}")}, ("poll", "path"), "{b}"),
        ({"poll": operation(body='{"a": ["x", "{b}"]}')}, ("poll", "body"), "{b}"),
        ({"poll": operation(confirm='{"a": "{b}"}')}, ("poll", "confirm"), "{b}"),
        ({"poll": operation(headers={"x": "{b}"})}, ("poll", "headers"), "{b}"),
        ({"poll": operation(body="{not json")}, ("poll", "body"), "neither JSON"),
        ({"poll": operation(body={"a": 1})}, ("poll", "body"), "a text that holds JSON"),
        ({"poll": operation(proof="key")}, ("poll", "proof"), "none, envelope, headers"),
        ({"poll": operation(success=[])}, ("poll", "success"), "statuses"),
        ({"poll": operation(success=["200"])}, ("poll", "success"), "statuses"),
        ({"poll": operation(success=[True])}, ("poll", "success"), "statuses"),
        ({"poll": operation(success=200)}, ("poll", "success"), "list"),
        ({"poll": operation(pick={"a": 1})}, ("poll", "pick", "a"), "not a text"),
        ({"poll": {"method": "GET", "proof": "none", "success": [200]}}, ("poll", "path"), "missing"),
        ({"codes": {"A": 1}}, ("codes", "A"), "not a text"),
        ({"forbidden_paths": "GET /"}, ("forbidden_paths",), "list"),
        ({"not_observable": [{"requirements": []}]}, ("not_observable", 0), "reason"),
        ({"not_observable": [{"requirements": ["AINP-WSK-001"], "reason": " "}]}, ("not_observable", 0), "reason"),
        ({"not_observable": [{"requirements": "AINP-WSK-001", "reason": "x"}]}, ("not_observable", 0, "requirements"), "list"),
        ({"codes": {"A": "NO_SUCH_CODE"}}, ("codes", "A"), "no code"),
        ({"status_codes": {"409": "NO_SUCH_CODE"}}, ("status_codes", "409"), "no code"),
        ({"status_codes": {"200": "TIMEOUT"}}, ("status_codes", "200"), "from 400 to 599"),
        ({"error": {"code": "error"}}, ("error", "code"), "unknown"),
        ({"forbidden_paths": ["/admin"]}, ("forbidden_paths",), "METHOD /path"),
        ({"declares": {"feature": []}}, ("declares", "feature"), "unknown"),
        ({"declares": {"features": "queue"}}, ("declares", "features"), "list"),
        ({"declares": {"limits": {"per_did": "many"}}}, ("declares", "limits", "per_did"), "number"),
        ({"declares": {"min_similarity": True}}, ("declares", "min_similarity"), "number"),
        ({"intent_payload": "a note"}, ("intent_payload",), "freeform-note, message"),
        ({"advertise_payload": 1}, ("advertise_payload",), "not a str"),
        ({"poll": operation(phase={})}, ("poll", "phase"), "negotiate alone"),
        ({"negotiate": operation(phase={})}, ("negotiate", "phase"), "negotiate alone"),
        ({"negotiate": {"phase": {"OFFER": "poll"}}}, ("negotiate", "phase", "OFFER"), "no operation of this binding"),
        ({"negotiate": {"phase": {"BID": "poll"}}, "poll": operation()}, ("negotiate", "phase", "BID"), "unknown"),
        ({"negotiate": {"phase": {}, "pick": {}}}, ("negotiate", "phase"), "negotiate alone"),
    ],
)
def test_what_a_binding_may_not_say(data: dict[str, Any], where: tuple[str, ...], says: str) -> None:
    with pytest.raises(BindingError) as refusal:
        binding(**data)
    assert refusal.value.where == where
    assert says in refusal.value.message


def test_a_binding_has_a_name() -> None:
    with pytest.raises(BindingError, match="name: missing"):
        parse_binding({"poll": operation()})


CODES = {"codes": {"REPLAY_DETECTED": "DUPLICATE_INTENT"}, "status_codes": {"409": "DUPLICATE_INTENT"}}


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (401, {"error": {"code": "INVALID_SIGNATURE"}}, "INVALID_SIGNATURE"),
        (409, {"error": {"code": "REPLAY_DETECTED"}}, "DUPLICATE_INTENT"),
        (409, {"error": {"code": "no such thing"}}, "DUPLICATE_INTENT"),
        (409, {}, "DUPLICATE_INTENT"),
        (409, None, "DUPLICATE_INTENT"),
        (400, {"error": {"code": 7}}, None),
        (400, {"error_code": "INVALID_SIGNATURE"}, None),
        (400, {"error": {"code": ""}}, None),
    ],
)
def test_what_an_error_body_stands_for(status: int, body: Any, code: str | None) -> None:
    assert binding(error={"error_code": "error.code"}, **CODES).error_code(status, body) == code


def test_what_cannot_be_observed_has_its_reason() -> None:
    entry = {"requirements": ["AINP-WSK-001", "AINP-WSK-003"], "reason": "no WebSocket"}

    assert binding(not_observable=[entry]).not_observable == {"AINP-WSK-001": "no WebSocket", "AINP-WSK-003": "no WebSocket"}
