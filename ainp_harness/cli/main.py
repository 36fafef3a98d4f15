"""`ainp-harness`: the commands and their help. What they do stands in the other modules of this room."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

import ainp_harness
from ainp_harness.targets.rooms import rooms_dir

app = typer.Typer(
    name="ainp-harness",
    help="Conformance and load tests for AINP brokers.",
    epilog="Exit codes: 0 passed, 1 not passed, 2 usage, 3 invalid, 4 our own environment failed, 130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
broker_app = typer.Typer(help="The reference broker, alone.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(broker_app, name="broker")


def run() -> NoReturn:
    """The console script. The rooms come first on the path of this process: a user's own `reports` or `conformance` must not be found."""
    rooms = str(rooms_dir())
    sys.path[:] = [rooms, *(entry for entry in sys.path if entry not in ("", rooms))]
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    app()
    sys.exit(0)


def _interrupt(number: int, frame: object) -> None:
    """The first one ends the run in good order; a second must not keep it from that."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _console(machine_readable: bool) -> Console:
    """Where people read: standard output, or standard error where the output is for a machine."""
    return Console(stderr=machine_readable)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(ainp_harness.__version__)
        raise typer.Exit


@app.callback()
def main(version: Annotated[bool, typer.Option("--version", help="print the version", is_eager=True, callback=_version)] = False) -> None:
    """Conformance and load tests for AINP brokers."""


URL = Annotated[
    str | None,
    typer.Argument(metavar="[URL]", help="the broker's base URL; without one the bundled reference broker is started", show_default=False),
]
HEADER = Annotated[
    list[str] | None, typer.Option("--header", "-H", metavar="'NAME: VALUE'", help="sent with every request; redacted in evidence")
]
CA_FILE = Annotated[Path | None, typer.Option(metavar="PEM", help="certificates to trust for https")]


@app.command(
    epilog="Examples:  ainp-harness certify   |   ainp-harness certify https://host --depth standard   |   "
    "ainp-harness certify https://host -H 'Authorization: Bearer …' --cors-origin https://app.example"
)
def certify(
    url: URL = None,
    profile: Annotated[
        str | None,
        typer.Option(metavar="P,Q", help="the promises to judge against (default: phase-0.3), or the path of a compressed profile"),
    ] = None,
    depth: Annotated[
        str | None, typer.Option(help="quick (1 min) or standard (up to 12 min); quick for a broker of ours, else standard")
    ] = None,
    binding: Annotated[str | None, typer.Option(help="a shipped binding, the path of a .toml file, or auto (default)")] = None,
    target: Annotated[str | None, typer.Option(help="url, embedded or docker (default: url with a URL, else embedded)")] = None,
    areas: Annotated[str | None, typer.Option(metavar="A,B", help="only these areas, and no load; never a certificate")] = None,
    load: Annotated[bool | None, typer.Option("--load/--no-load", help="run the load (default: yes)", show_default=False)] = None,
    header: HEADER = None,
    ca_file: CA_FILE = None,
    cors_origin: Annotated[str | None, typer.Option(metavar="ORIGIN", help="an origin that the broker allows, for the CORS probes")] = None,
    didweb_host: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="of this machine, that the broker may ask for did:web documents")
    ] = None,
    waivers: Annotated[Path | None, typer.Option(metavar="TOML|NAME", help="accepted failures; shipped: railway")] = None,
    seed: Annotated[str | None, typer.Option(help="for identities, ids and traffic; random unless given")] = None,
    max_requests: Annotated[int | None, typer.Option(metavar="N", help="the suite sends at most this many requests")] = None,
    safe: Annotated[bool | None, typer.Option("--safe", help="leave out what could disturb a broker in production")] = None,
    only_list: Annotated[bool, typer.Option("--list", help="print what would be sent, and send nothing")] = False,
    workers: Annotated[int | None, typer.Option("--workers", "-n", metavar="N", help="processes for the probes (default: 1)")] = None,
    port: Annotated[int | None, typer.Option(help="the port of a broker of ours (default: a free one)")] = None,
    instances: Annotated[int | None, typer.Option(metavar="N", help="so many instances of the embedded broker (default: 1)")] = None,
    image: Annotated[
        list[str] | None, typer.Option(metavar="ROLE=IMAGE", help="for --target docker: postgres, redis, nats, broker")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="where run bundles go (default: runs)")] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="TOML", help="options from a file (default: ./ainp-harness.toml where there is one)")
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="print verdict.json on standard output")] = False,
) -> None:
    """Check a broker end to end: conformance, load, verdict, reports in a run bundle."""
    from ainp_harness.cli.certify import certify as run_certification
    from ainp_harness.cli.exits import guarded
    from ainp_harness.cli.judging import documents, worst_code
    from ainp_harness.cli.listing import list_probes
    from ainp_harness.cli.options import load_options, parse_images
    from conformance.kit.planning import parse_headers

    console = _console(json_output)

    def command() -> int:
        given: dict[str, Any] = {
            "url": url, "profile": profile, "depth": _depth(depth), "binding": binding, "target": _target(target),
            "areas": areas or None, "load": load,
            "headers": parse_headers(header) if header else None, "ca_file": ca_file, "cors_origin": cors_origin,
            "didweb_host": didweb_host, "waivers": waivers,
            "seed": seed, "max_requests": max_requests, "safe": safe, "workers": workers, "port": port, "instances": instances, "out": out,
            "images": parse_images(image) if image else None,
        }  # fmt: skip
        if only_list:
            return list_probes(load_options(given, config), console)
        verdicts, folder = run_certification(load_options(given, config), console)
        if json_output:
            sys.stdout.write(documents(verdicts, folder))
        return worst_code(verdicts)

    raise typer.Exit(guarded(command, console))


def _depth(text: str | None) -> str | None:
    return text if text == "full" else _one_of(text, "--depth", ("quick", "standard"))


def _target(text: str | None) -> str | None:
    return _one_of(text, "--target", ("url", "embedded", "docker"))


def _one_of(text: str | None, option: str, known: tuple[str, ...]) -> str | None:
    from ainp_harness.cli.exits import UsageError

    if text is not None and text not in known:
        raise UsageError(f"{option} is one of {', '.join(known)}, not {text!r}")
    return text


@app.command(epilog="Example:  ainp-harness judge runs/20261124-140000-ab12cd")
def judge(
    run: Annotated[Path, typer.Argument(help="a run bundle", show_default=False)],
    json_output: Annotated[bool, typer.Option("--json", help="print verdict.json on standard output")] = False,
) -> None:
    """Judge a run bundle again, without a network, and write its reports anew."""
    from ainp_harness.cli.exits import guarded
    from ainp_harness.cli.judging import documents, judged, tell, worst_code

    console = _console(json_output)

    def command() -> int:
        verdicts = judged(run)
        tell(verdicts, run, console)
        if json_output:
            sys.stdout.write(documents(verdicts, run))
        return worst_code(verdicts)

    raise typer.Exit(guarded(command, console))


@app.command(epilog="Example:  ainp-harness replay runs/20261124-140000-ab12cd c0-17 --send")
def replay(
    run: Annotated[Path, typer.Argument(help="a run bundle", show_default=False)],
    exchange: Annotated[str, typer.Argument(help="an exchange's id, as failures name it", show_default=False)],
    url: Annotated[str | None, typer.Option(metavar="URL", help="another broker than the run's")] = None,
    send: Annotated[bool, typer.Option("--send", help="send it and print the answer")] = False,
    header: HEADER = None,
    ca_file: CA_FILE = None,
) -> None:
    """Print a curl for a recorded exchange, signed afresh."""
    from ainp_harness.cli.exits import guarded
    from ainp_harness.cli.replaying import Wanted
    from ainp_harness.cli.replaying import replay as send_again
    from conformance.kit.planning import parse_headers

    console = _console(False)
    raise typer.Exit(guarded(lambda: send_again(Wanted(run, exchange, url, send, parse_headers(header or []), ca_file), console), console))


@app.command(epilog="Example:  ainp-harness explain AINP-SIG-003")
def explain(requirement: Annotated[str, typer.Argument(help="its id", show_default=False)]) -> None:
    """Print a requirement: its source, depth and needs, how it is shown, and what evidence counts."""
    from ainp_harness.cli.exits import guarded
    from ainp_harness.cli.explaining import explain as tell_of

    console = _console(False)
    raise typer.Exit(guarded(lambda: tell_of(requirement, console), console))


@app.command(epilog="Example:  ainp-harness requirements --profile phase-0.3 --coverage")
def requirements(
    profile: Annotated[str | None, typer.Option(metavar="P,Q", help="of these profiles (default: all)")] = None,
    coverage: Annotated[bool, typer.Option("--coverage", help="what shows each; exit code 1 where nothing does")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="as JSON on standard output")] = False,
) -> None:
    """List the requirements, or what shows them."""
    from ainp_harness.cli.exits import guarded
    from ainp_harness.cli.explaining import list_requirements

    console = _console(False)
    raise typer.Exit(guarded(lambda: list_requirements(profile, only_coverage=coverage, as_json=json_output, console=console), console))


@broker_app.command(name="up", epilog="Example:  ainp-harness broker up --port 8080")
def broker_up(
    port: Annotated[int | None, typer.Option(help="(default: a free one)")] = None,
    logs: Annotated[Path | None, typer.Option(metavar="DIR", help="keep the logs there (default: thrown away)")] = None,
) -> None:
    """Start PostgreSQL, Redis, NATS and the reference broker, print its URL, and stay until Ctrl-C."""
    from ainp_harness.cli.exits import guarded
    from ainp_harness.cli.serving import broker_up as serve

    console = _console(False)
    raise typer.Exit(guarded(lambda: serve(port, logs, console), console))


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog="Example:  ainp-harness conformance http://127.0.0.1:8080 --areas signature -x",
)
def conformance(context: typer.Context, url: Annotated[str, typer.Argument(help="the broker's base URL", show_default=False)]) -> None:
    """Run the conformance suite alone, as pytest; further options are pytest's and the suite's."""
    from ainp_harness.cli.children import suite_argv

    environment = {**os.environ, "PYTHONPATH": str(rooms_dir()), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    environment.pop("PYTEST_ADDOPTS", None)
    os.execve(sys.executable, [*suite_argv(), "--broker-url", url, *context.args], environment)


@app.command(epilog='Example:  locust -f "$(ainp-harness path locustfile)" --host https://host')
def path(what: Annotated[str, typer.Argument(help="conformance, locustfile or rooms", show_default=False)]) -> None:
    """Print where a part of the harness is installed."""
    places = {"conformance": rooms_dir() / "conformance", "locustfile": rooms_dir() / "loadtests" / "locustfile.py", "rooms": rooms_dir()}
    if what not in places:
        typer.echo(f"one of {', '.join(places)}, not {what!r}", err=True)
        raise typer.Exit(2)
    typer.echo(str(places[what]))
