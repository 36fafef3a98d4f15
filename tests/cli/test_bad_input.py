"""What bad input gets: one paragraph that says what happened and what to do, the right exit code, no traceback, nothing left behind."""

from __future__ import annotations

import http.server
import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import Harness


class Handler(http.server.BaseHTTPRequestHandler):
    """A web server that is no broker: it answers `status` to anything."""

    status = 404

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<h1>a web site</h1>")

    do_POST = do_GET  # noqa: N815

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


@contextmanager
def web_site(status: int, context: ssl.SSLContext | None = None) -> Iterator[int]:
    handler = type("Site", (Handler,), {"status": status})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join(5)


def says(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    told = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == code, told
    assert "Traceback" not in told
    for word in words:
        assert word in told, told


def nothing_left(folder: Path) -> None:
    assert not list(folder.glob("runs/*"))


def test_nobody_there(harness: Harness, tmp_path: Path) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound and not listening: the port stays free of anybody else
        says(harness("certify", f"http://127.0.0.1:{held.getsockname()[1]}"), 3, "Nothing answers at", "Check the URL")
    nothing_left(tmp_path)


def test_a_name_that_does_not_exist(harness: Harness) -> None:
    says(harness("certify", "http://broker.invalid"), 3, "Nothing answers at http://broker.invalid", "Check the URL")


def test_a_web_site_that_is_no_broker(harness: Harness, tmp_path: Path) -> None:
    with web_site(404) as port:
        says(harness("certify", f"http://127.0.0.1:{port}"), 3, "it is no AINP broker", "--binding")
    nothing_left(tmp_path)


def test_a_site_that_answers_anything(harness: Harness) -> None:
    with web_site(200) as port:
        says(harness("certify", f"http://127.0.0.1:{port}"), 3, "a path that no broker has", "prove nothing")


def test_a_certificate_that_nobody_vouches_for(harness: Harness, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        *subject,
        "-keyout",
        str(key),
        "-out",
        str(certificate),
    ]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with web_site(404, context) as port:
        says(harness("certify", f"https://127.0.0.1:{port}"), 3, "No secure connection", "--ca-file")
        says(harness("certify", f"https://127.0.0.1:{port}", "--ca-file", str(certificate)), 3, "it is no AINP broker")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("certify", "--profile", "phase-9.9"), ("no such profile", "phase-0.3")),
        (("certify", "http://127.0.0.1:9", "--depth", "deep"), ("--depth is one of quick, standard",)),
        (("certify", "--depth", "full"), ("does not have yet", "--depth standard")),
        (("certify", "http://127.0.0.1:9", "--target", "embedded"), ("takes no URL",)),
        (("certify", "--target", "url"), ("needs a URL",)),
        (("certify", "http://127.0.0.1:9", "--instances", "2"), ("--instances is for --target embedded",)),
        (("certify", "ftp://127.0.0.1"), ("ftp",)),
        (("certify", "http://127.0.0.1:9", "-H", "no colon"), ("--header takes 'Name: value'",)),
        (("certify", "--waivers", "nowhere.toml"), ("nowhere.toml", "no such file")),
        (("certify", "--config", "nowhere.toml"), ("nowhere.toml", "no such file")),
        (("certify", "--max-requests", "0"), ("max_requests",)),
        (("judge", "nowhere"), ("no run bundle",)),
        (("path", "nothing"), ("one of conformance",)),
        (("certify", "--no-such-option"), ("No such option",)),
    ],
)
def test_what_cannot_be_is_said_at_once(harness: Harness, tmp_path: Path, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    says(harness(*arguments, timeout_s=30), 2, *words)
    nothing_left(tmp_path)


def test_a_malformed_configuration_names_its_line(harness: Harness, tmp_path: Path) -> None:
    (tmp_path / "ainp-harness.toml").write_text('profile = "phase-0.3"\ndepht = "quick"\n')
    says(harness("certify"), 2, "ainp-harness.toml:2: depht: unknown key")
    (tmp_path / "ainp-harness.toml").write_text('profile = "phase-0.3"\ndepth = \n')
    says(harness("certify"), 2, "ainp-harness.toml:2: not TOML")


def test_an_unknown_binding(harness: Harness) -> None:
    with web_site(404) as port:
        says(harness("certify", f"http://127.0.0.1:{port}", "--binding", "v9"), 2, "no such binding", "v1")


def test_a_malformed_binding_names_its_line(harness: Harness, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('error = {}\n\n[health]\nmethod = "GET"\npath = "/{nonsense}"\nproof = "none"\nsuccess = [200]\n')
    with web_site(404) as port:
        says(harness("certify", f"http://127.0.0.1:{port}", "--binding", "own.toml"), 2, "own.toml:5", "unknown placeholder {nonsense}")


def test_an_unknown_area(harness: Harness) -> None:
    says(harness("certify", "--areas", "signatures"), 2, "there is no area 'signatures'", "signature")


def test_a_port_that_is_taken(harness: Harness, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        says(harness("certify", "--port", str(taken.getsockname()[1])), 4, "port")
    nothing_left(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_not_ours(harness: Harness) -> None:
    says(harness("certify", "--out", "/proc/runs"), 4, "--out")


def test_an_output_folder_that_is_a_file(harness: Harness, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    says(harness("certify", "--out", "taken"), 4, "--out")


def test_the_suite_alone_says_so_too(harness: Harness) -> None:
    """`ainp-harness conformance URL` is pytest with nothing of the user's in it; where nobody answers it is INVALID as well."""
    says(harness("conformance", "http://127.0.0.1:9"), 3, "Nothing answers at")
