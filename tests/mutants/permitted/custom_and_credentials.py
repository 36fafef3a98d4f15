"""Correct: the reference broker with what it may have and by default has not. Custom intents are taken, nobody registers without
credentials, and its day is a second, so that trust fades while the suite looks on."""

from __future__ import annotations

import sys

from reference_broker.__main__ import main

AREAS = ("schemas", "errors", "trust", "discovery", "registration")
PROFILE = "draft-00"
ENVIRONMENT = {"AINP_CUSTOM_INTENTS": "true", "AINP_CREDENTIALS_REQUIRED": "true", "TRUST_DAY_S": "1"}
FINDS: frozenset[str] = frozenset()
RELATED: frozenset[str] = frozenset()

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
