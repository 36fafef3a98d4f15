"""Everything that a bundle is judged against, read once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ainp_harness.promises.conflicts import Conflict, load_conflicts
from ainp_harness.promises.gates import Gate, load_gates
from ainp_harness.promises.profiles import Profile, load_profile, load_profiles
from ainp_harness.promises.requirements import Requirement, load_requirements, requirements_of
from ainp_harness.promises.targets import Targets, load_targets


def united(promises: Iterable[Promises]) -> dict[str, Requirement]:
    """The requirements of any of them."""
    return {identifier: requirement for one in promises for identifier, requirement in one.requirements.items()}


@dataclass(frozen=True)
class Promises:
    """A profile with the requirements of it that this version looks at, the targets and the conflicts."""

    profile: Profile
    requirements: Mapping[str, Requirement]
    targets: Targets
    conflicts: Mapping[str, Conflict]
    gates: tuple[Gate, ...] = ()

    @classmethod
    def shipped(cls, profile: str) -> Promises:
        """The promises that come with the harness, by a profile's name, or by the path of a compressed one.

        Raises:
            PromiseError: a file does not fit, or there is no such profile.
        """
        return cls.of(load_profile(profile))

    @classmethod
    def chosen(cls, profiles: str) -> tuple[Promises, ...]:
        """The promises of several profiles, named with commas between them.

        Raises:
            PromiseError: a file does not fit, there is no such profile, or they do not go together.
        """
        return tuple(cls.of(profile) for profile in load_profiles(profiles))

    @classmethod
    def of(cls, profile: Profile) -> Promises:
        """The promises of a profile that is loaded already."""
        every = load_requirements()
        looked_at = {
            identifier: requirement
            for identifier, requirement in requirements_of(profile.judges, every).items()
            if identifier not in profile.unprobed
        }
        gates = tuple(gate for gate in load_gates(every) if gate.requirement in looked_at)
        return cls(profile, looked_at, load_targets(), load_conflicts(), gates)
