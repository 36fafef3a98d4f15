"""`python -m reference_broker serve` runs the broker, `migrate` brings its database up to date, `backup` and `restore` copy it into a file
and back, `mint` makes credits. Exit code 2: bad settings or arguments."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from reference_broker.settings import BadSettings, Settings, load_settings

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
    # Only now: loading these takes a while, which a bad setting need not wait for, nor a command for what it does not use.
    from reference_broker.database import StartFailed
    from reference_broker.logs import configure_logging

    configure_logging(settings.log_level)
    try:
        _run(command, rest, settings)
    except StartFailed as error:
        print(f"reference_broker: {error}", file=sys.stderr)
        return 1
    return 0


def _run(command: str, arguments: list[str], settings: Settings) -> None:
    url = settings.database_url.get_secret_value()
    match command:
        case "migrate":
            from reference_broker.broker import migrate_only

            asyncio.run(migrate_only(settings))
        case "backup":
            from reference_broker.backup import back_up

            print(asyncio.run(back_up(url, Path(arguments[0]))))
        case "restore":
            from reference_broker.backup import restore

            asyncio.run(restore(url, Path(arguments[0])))
        case "mint":
            from reference_broker.minting import mint

            print(asyncio.run(mint(settings, *arguments)))
        case _:
            from reference_broker.server import serve

            serve(settings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
