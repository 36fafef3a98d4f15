"""An exchange as people read it: the request, the answer, and a command line that sends the like again.

The texts are cleaned and bounded; they are not escaped for any output format, which is the renderers' business.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import Any

from reports.reading import Json
from reports.words import bounded, clean, number, one_line

BODY_LIMIT = 2_000
HEADERS_SHOWN = 16
FRAMES_SHOWN = 12
LEFT_TO_CURL = frozenset({"content-length", "host", "connection", "transfer-encoding", "accept-encoding"})


@dataclass(frozen=True)
class ExchangeText:
    """What a report shows of one exchange."""

    id: str
    title: str
    """One line: method, target and what came."""
    request: str
    answer: str
    curl: str
    """Empty where curl cannot do it: WebSockets and raw connections."""

    @property
    def size(self) -> int:
        return len(self.request) + len(self.answer) + len(self.curl)


def exchange_text(exchange: Json, base_url: str, *, whole: bool = False) -> ExchangeText:
    """What is shown of an exchange. `whole`: its curl has the body and every header as they are, for being run."""
    request = _object(exchange.get("request"))
    return ExchangeText(
        id=one_line(str(exchange.get("id", "")), 60),
        title=f"{_start_line(request)} → {_outcome(exchange)}",
        request=_message(_start_line(request), request),
        answer=_answer(exchange),
        curl=_curl(request, base_url, whole) if exchange.get("kind", "http") == "http" else "",
    )


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _start_line(request: Json) -> str:
    return one_line(f"{request.get('method') or 'raw'} {request.get('target') or ''}".strip(), 200)


def _outcome(exchange: Json) -> str:
    if failure := _object(exchange.get("failure")):
        return one_line(f"no answer: {failure.get('kind', 'failure')}", 80)
    if response := _object(exchange.get("response")):
        return f"{one_line(str(response.get('status', '?')), 10)} in {_milliseconds(exchange.get('duration_ms'))}"
    return "nothing recorded"


def _milliseconds(value: Any) -> str:
    return f"{number(float(value))} ms" if isinstance(value, int | float) and not isinstance(value, bool) else "unknown time"


def _answer(exchange: Json) -> str:
    parts = []
    if response := _object(exchange.get("response")):
        parts.append(_message(f"HTTP {one_line(str(response.get('status', '?')), 10)}", response))
    if failure := _object(exchange.get("failure")):
        parts.append(f"No answer ({one_line(str(failure.get('kind', '')), 40)}): {one_line(str(failure.get('message', '')), 400)}")
    frames = exchange.get("frames")
    if isinstance(frames, list) and frames:
        parts.append("\n".join(_frame(_object(frame)) for frame in frames[:FRAMES_SHOWN]))
        if len(frames) > FRAMES_SHOWN:
            parts.append(f"… {len(frames) - FRAMES_SHOWN} more frames")
    if isinstance(exchange.get("close_code"), int):
        parts.append(f"closed with {exchange['close_code']}")
    return "\n".join(parts) or "nothing recorded"


def _frame(frame: Json) -> str:
    return f"{'sent    ' if frame.get('sent') else 'received'}  {one_line(str(frame.get('text', '')), 300)}"


def _message(first_line: str, message: Json) -> str:
    headers = list(_object(message.get("headers")).items())
    lines = [first_line, *(f"{one_line(str(name), 60)}: {one_line(str(value), 300)}" for name, value in headers[:HEADERS_SHOWN])]
    if len(headers) > HEADERS_SHOWN:
        lines.append(f"… {len(headers) - HEADERS_SHOWN} more headers")
    body = _body(message.get("body"))
    return "\n".join(lines) + (f"\n\n{body}" if body else "")


def _body(body: Any) -> str:
    content = _object(body)
    if "base64" in content:
        return f"(not text, base64) {bounded(str(content['base64']), 400)}"
    text = str(content.get("text") or "")
    note = f"\n(cut at capture; the whole body has {content.get('bytes')} bytes)" if content.get("truncated") else ""
    return bounded(_indented(text), BODY_LIMIT) + clean(note)


def _indented(text: str) -> str:
    """JSON with line breaks where it is small enough to be worth it; anything else as it came."""
    if len(text) > 20_000 or not text.lstrip().startswith(("{", "[")):
        return text
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def _curl(request: Json, base_url: str, whole: bool) -> str:
    limit = 2_000_000 if whole else 400
    target = str(request.get("target") or "")
    url = target if target.startswith(("http://", "https://")) else base_url.rstrip("/") + target
    words = [f"curl -i -X {shlex.quote(one_line(str(request.get('method') or 'GET'), 20))} {shlex.quote(one_line(url, max(limit, 500)))}"]
    for name, value in list(_object(request.get("headers")).items())[: None if whole else HEADERS_SHOWN]:
        if str(name).lower() not in LEFT_TO_CURL:
            words.append(f"-H {shlex.quote(one_line(f'{name}: {value}', limit))}")
    content = _object(request.get("body"))
    text = str(content.get("text") or "")
    if "base64" in content or content.get("truncated") or (len(text) > BODY_LIMIT and not whole):
        words.append("--data-binary @body  # too long or not text: take it from the bundle's exchanges")
    elif text:
        words.append(f"--data-binary {shlex.quote(clean(text))}")
    return " \\\n  ".join(words)
