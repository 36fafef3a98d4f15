"""Everything that a bundle is judged against, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ainp_harness.promises.conflicts import Conflict, load_conflicts
from ainp_harness.promises.profiles import Profile, load_profile
from ainp_harness.promises.requirements import Requirement, load_requirements, requirements_of
from ainp_harness.promises.targets import Targets, load_targets


@dataclass(frozen=True)
class Promises:
    """A profile with the requirements of it that this version looks at, the targets and the conflicts."""

    profile: Profile
    requirements: Mapping[str, Requirement]
    targets: Targets
    conflicts: Mapping[str, Conflict]

    @classmethod
    def shipped(cls, profile: str) -> Promises:
        """The promises that come with the harness, of one profile.

        Raises:
            PromiseError: a file does not fit, or there is no such profile.
        """
        chosen = load_profile(profile)
        looked_at = {
            identifier: requirement
            for identifier, requirement in requirements_of(chosen.name, load_requirements()).items()
            if identifier not in chosen.unprobed
        }
        return cls(chosen, looked_at, load_targets(), load_conflicts())
