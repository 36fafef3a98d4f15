"""Property tests of this room: no deadline, as other tests may share the machine, and examples enough for the time they get."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("rooms", deadline=None, max_examples=60)
settings.load_profile("rooms")
