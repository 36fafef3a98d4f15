"""The files that deploy the broker say what the deployment promises. Needs no Docker."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from reference_broker.settings import Settings
from tests.containers.conftest import ROOT

BROKER, NATS = "Dockerfile.railway", "Dockerfile.nats"


def instructions(name: str) -> list[tuple[str, str]]:
    """(instruction, rest) of a Dockerfile, continued lines joined, comments left out."""
    lines = [line for line in (ROOT / name).read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(parts[0], parts[2]) for line in joined.splitlines() if (parts := line.partition(" ")) and parts[0]]


def last(name: str, instruction: str) -> str:
    return [rest for word, rest in instructions(name) if word == instruction][-1]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return document


def test_railway_builds_and_watches_the_broker_as_promised() -> None:
    railway = tomllib.loads((ROOT / "railway.toml").read_text(encoding="utf-8"))

    assert railway["build"] == {"builder": "DOCKERFILE", "dockerfilePath": BROKER}
    assert railway["deploy"]["healthcheckPath"] == "/health/ready"
    assert railway["deploy"]["healthcheckTimeout"] == 300
    assert railway["deploy"]["restartPolicyType"] == "ON_FAILURE"
    assert railway["deploy"]["drainingSeconds"] == 60


def test_the_nats_service_is_not_taken_for_a_second_broker() -> None:
    railway = tomllib.loads((ROOT / "railway.nats.toml").read_text(encoding="utf-8"))

    assert railway["build"] == {"builder": "DOCKERFILE", "dockerfilePath": NATS}
    assert "healthcheckPath" not in railway["deploy"]


@pytest.mark.parametrize(("name", "default"), [(BROKER, "python:3.11-slim-bookworm"), (NATS, "nats:2.10-alpine")])
def test_the_base_image_is_an_argument_with_the_public_image_as_default(name: str, default: str) -> None:
    first, *_ = instructions(name)
    bases = {rest.split()[0] for word, rest in instructions(name) if word == "FROM"}

    assert first == ("ARG", f"BASE_IMAGE={default}")
    assert bases == {"${BASE_IMAGE}"}


def test_the_broker_runs_without_root_and_as_process_1() -> None:
    assert last(BROKER, "USER") == "1001:1001"
    assert "exec python -P -m reference_broker serve" in last(BROKER, "CMD")
    assert last(BROKER, "STOPSIGNAL") == "SIGTERM"
    assert "/health/ready" in last(BROKER, "HEALTHCHECK")


def test_the_broker_is_built_in_stages_from_the_lock_alone() -> None:
    stages = [rest for word, rest in instructions(BROKER) if word == "FROM"]
    installs = [rest for word, rest in instructions(BROKER) if word == "RUN" and "pip install" in rest]

    assert len(stages) == 2
    assert all("--require-hashes" in install for install in installs)
    assert installs


@pytest.mark.parametrize("name", [BROKER, NATS])
def test_no_secret_can_get_into_a_layer(name: str) -> None:
    """No build argument but the base, nothing copied but what is named, no ADD."""
    arguments = [rest.partition("=")[0] for word, rest in instructions(name) if word == "ARG"]
    copied = [rest for word, rest in instructions(name) if word == "COPY"]

    assert arguments == ["BASE_IMAGE"]
    assert not any(word == "ADD" for word, _ in instructions(name))
    assert not any(part in {".", "./"} for rest in copied for part in rest.split()[:-1])


def test_a_build_sees_only_what_is_named() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]

    assert rules[0] == "*"
    assert not any("env" in rule for rule in rules if rule.startswith("!"))


def test_the_stream_is_kept_in_files_under_data() -> None:
    assert "store_dir: /data" in last(NATS, "RUN")
    assert not any(word == "VOLUME" for word, _ in instructions(NATS))  # Railway refuses it; it mounts its own


def test_compose_has_the_four_services(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {"postgres", "redis", "nats", "broker"}
    assert all("healthcheck" in service for service in compose["services"].values())


def test_compose_keeps_what_must_be_kept(compose: dict[str, Any]) -> None:
    assert set(compose["volumes"]) == {"postgres", "nats"}
    assert "nats:/data" in compose["services"]["nats"]["volumes"]
    assert "postgres:/var/lib/postgresql/data" in compose["services"]["postgres"]["volumes"]


def test_the_broker_waits_for_the_others_and_only_it_is_published_on_loopback(compose: dict[str, Any]) -> None:
    broker = compose["services"]["broker"]

    assert {name: wait["condition"] for name, wait in broker["depends_on"].items()} == dict.fromkeys(
        ("postgres", "redis", "nats"), "service_healthy"
    )
    assert [name for name, service in compose["services"].items() if "ports" in service] == ["broker"]
    assert all(port.startswith("127.0.0.1:") for port in broker["ports"])
    assert broker["stop_grace_period"] == "60s"


def test_compose_takes_the_deployments_memory_rules(compose: dict[str, Any]) -> None:
    redis = " ".join(compose["services"]["redis"]["command"])

    assert "--maxmemory 512mb --maxmemory-policy allkeys-lru --appendonly no" in redis
    assert compose["services"]["nats"]["mem_limit"] == "1g"
    assert compose["services"]["broker"]["mem_limit"] == "512m"


def test_compose_gives_the_broker_only_settings_it_has(compose: dict[str, Any]) -> None:
    known = {name.upper() for name in Settings.model_fields}
    assert set(compose["services"]["broker"]["environment"]) <= known


def test_the_example_of_settings_names_each_one_and_no_other() -> None:
    text = (ROOT / ".env.production.example").read_text(encoding="utf-8")
    named = re.findall(r"^(?:# )?([A-Z][A-Z_0-9]+)=", text, flags=re.MULTILINE)

    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)


def test_the_example_shows_the_real_defaults() -> None:
    text = (ROOT / ".env.production.example").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^# ([A-Z][A-Z_0-9]+)=(.+)$", text, flags=re.MULTILINE))
    real = {name.upper(): field.default for name, field in Settings.model_fields.items()}

    assert {name: value for name, value in shown.items() if value.lower() != str(real[name]).lower()} == {}


@pytest.mark.parametrize(
    "script", [*ROOT.glob("tests/containers/images/*.sh"), ROOT / "scripts" / "ci-images.sh"], ids=lambda path: path.name
)
def test_scripts_are_valid_shell(script: Path) -> None:
    assert subprocess.run(["sh", "-n", str(script)], capture_output=True).returncode == 0


def test_env_for_stand_ins_names_what_compose_reads() -> None:
    printed = subprocess.run(["sh", "scripts/ci-images.sh", "--env"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    variables = set(re.findall(r"([A-Z_]+)=", printed))
    read = set(re.findall(r"\$\{([A-Z_]+):-", (ROOT / "docker-compose.yml").read_text(encoding="utf-8")))

    assert variables
    assert variables <= read
