"""`python -m reference_broker serve` runs the broker, `migrate` brings its database up to date. Exit code 2: bad settings or arguments."""

from __future__ import annotations

import asyncio
import sys

from reference_broker.settings import BadSettings, load_settings

USAGE = "usage: python -m reference_broker serve|migrate      settings come from the environment: docs/broker.md"


def main(arguments: list[str]) -> int:
    if arguments not in (["serve"], ["migrate"]):
        print(USAGE, file=sys.stderr)
        return 2
    try:
        settings = load_settings()
    except BadSettings as error:
        print(f"reference_broker: {error}", file=sys.stderr)
        return 2
    # Only now: loading these takes half a second, which a bad setting need not wait for.
    from reference_broker.broker import migrate_only
    from reference_broker.database import StartFailed
    from reference_broker.logs import configure_logging
    from reference_broker.server import serve

    configure_logging(settings.log_level)
    try:
        if arguments == ["migrate"]:
            asyncio.run(migrate_only(settings))
        else:
            serve(settings)
    except StartFailed as error:
        print(f"reference_broker: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
