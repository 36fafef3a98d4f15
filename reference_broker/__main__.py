"""`python -m reference_broker serve` runs the broker, `migrate` brings its database up to date, `backup` and `restore` copy it into a file
and back, `mint` makes credits. Exit code 2: bad settings or arguments."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from reference_broker.settings import BadSettings, load_settings

USAGE = """\
usage: python -m reference_broker serve | migrate | backup FILE_OR_FOLDER | restore FILE | mint DID AMOUNT
settings come from the environment: docs/broker.md"""

COMMANDS = {"serve": 0, "migrate": 0, "backup": 1, "restore": 1, "mint": 2}
"""How many arguments each takes."""


def main(arguments: list[str]) -> int:
    command, *rest = arguments or [""]
    if len(rest) != COMMANDS.get(command, -1):
        print(USAGE, file=sys.stderr)
        return 2
    try:
        settings = load_settings()
    except BadSettings as error:
        print(f"reference_broker: {error}", file=sys.stderr)
        return 2
    # Only now: loading these takes half a second, which a bad setting need not wait for.
    from reference_broker.backup import back_up, restore
    from reference_broker.broker import migrate_only, mint_only
    from reference_broker.database import StartFailed
    from reference_broker.logs import configure_logging
    from reference_broker.server import serve

    configure_logging(settings.log_level)
    try:
        url = settings.database_url.get_secret_value()
        match command:
            case "migrate":
                asyncio.run(migrate_only(settings))
            case "backup":
                print(asyncio.run(back_up(url, Path(rest[0]))))
            case "restore":
                asyncio.run(restore(url, Path(rest[0])))
            case "mint":
                print(asyncio.run(mint_only(settings, *rest)))
            case _:
                serve(settings)
    except StartFailed as error:
        print(f"reference_broker: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
