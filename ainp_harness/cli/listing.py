"""`certify --list`: what would be sent, sending nothing. What the broker declares is not known then: everything optional is listed."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

import ainp_harness
from ainp_harness.cli.exits import Exit
from ainp_harness.cli.options import Options
from ainp_harness.evidence.plan import Canary, Declared, Plan, TargetInfo, ToolInfo
from ainp_harness.promises.bindings import load_binding
from ainp_harness.promises.shipped import Promises, united
from ainp_harness.promises.vocabulary import Need
from ainp_harness.targets import UrlTarget
from ainp_harness.targets.embedded import BASE_REACH
from conformance.kit.listing import probes_of
from conformance.kit.pacing import may_spread
from conformance.kit.planning import check_areas
from conformance.kit.selection import Effort, Expected, expectations_of_effort


def list_probes(options: Options, console: Console) -> int:
    """Print the probes that a certification with these options would run.

    Raises:
        PromiseError, UnknownArea: a file does not fit, or there is no such area.
    """
    plan = _imagined(options)
    probes = probes_of(plan)
    known = expectations_of_effort()
    console.print(Text(f"{'probe':72} {'cases':>5} {'requests':>8}  requirements", style="dim"), soft_wrap=True)
    for probe in probes:
        took = known.get(probe.name, Expected())
        marks = ", ".join(sorted(probe.marks & {"fault", "last", "long_wait", "disturbs"}))
        ids = " ".join(probe.requirements) + (f"  ({marks})" if marks else "")
        console.print(f"{probe.name:72} {took.cases:5} {took.requests:8}  {ids}", highlight=False, markup=False, soft_wrap=True)
    effort = Effort.of(probes, one_address=plan.canary.addresses == "one", workers=options.workers)
    console.print(
        f"{effort.probes} probes, about {effort.requests} requests, about {effort.seconds:.0f} s. Nothing was sent.", highlight=False
    )
    return Exit.PASSED


def _imagined(options: Options) -> Plan:
    """A plan as it would be sealed against a broker that declares everything."""
    promises = Promises.chosen(options.profile)
    requirements = united(promises)
    check_areas(options.areas, requirements)
    binding = load_binding("v1" if options.binding == "auto" else options.binding)
    features = sorted({requirement.when for requirement in requirements.values() if requirement.when})
    limits = {feature.removeprefix("limits."): 1.0 for feature in features if feature.startswith("limits.")}
    url = str(options.url or "http://127.0.0.1")
    reach = {Need.CONTAINER, *BASE_REACH} if options.kind == "docker" else BASE_REACH
    if options.kind == "url":
        reach = UrlTarget(url, headers=options.headers, cors_origin=options.cors_origin).reach
    return Plan(
        tool=ToolInfo(name="ainp-harness", version=ainp_harness.__version__), run_id="", created_ms=0,
        target=TargetInfo(name=options.kind, url=url), reach=tuple(sorted(reach)), binding={**binding.data, "name": binding.name},
        binding_digest="", profile=promises[0].profile.name, profile_digest="", requirements_digest="", depth=options.chosen_depth,
        areas=options.areas, seed="", declared=Declared(source="nobody was asked", features=tuple(features), limits=limits),
        canary=Canary(reachable=False, addresses="apart" if may_spread(url) else "one"), safe=options.safe,
        compressed=None if promises[0].profile.certifies else promises[0].profile,
    )  # fmt: skip
