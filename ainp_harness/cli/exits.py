"""Exit codes, and the one place where an exception becomes a paragraph and a code: no traceback for a user's mistake."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from enum import IntEnum

from rich.console import Console

from ainp_harness.evidence.files import CannotWrite, EvidenceError
from ainp_harness.promises.toml_files import PromiseError
from ainp_harness.targets import TargetError


class Exit(IntEnum):
    """What the process says when it ends (docs/verdicts.md)."""

    PASSED = 0
    NOT_PASSED = 1
    USAGE = 2
    INVALID = 3
    OUR_FAULT = 4
    INTERRUPTED = 130


class UsageError(Exception):
    """The user asked for something that cannot be: what, and what to do."""


class ChildFailed(Exception):
    """A child of ours, the suite or the load, failed by itself: nothing is said about the broker."""


def guarded(command: Callable[[], int], console: Console) -> int:
    """Run a command and give its exit code; what goes wrong is told in one paragraph."""
    from conformance.kit.looking import CannotJudge
    from conformance.kit.planning import BadWish

    try:
        return command()
    except KeyboardInterrupt:
        console.print("Interrupted; everything that was started is stopped.", style="yellow")
        return Exit.INTERRUPTED
    except (UsageError, PromiseError, BadWish) as error:
        return _tell(console, "Cannot start", error, Exit.USAGE)
    except CannotJudge as error:
        return _tell(console, "INVALID: nothing can be said about this broker", error, Exit.INVALID)
    except (TargetError, CannotWrite, ChildFailed) as error:
        return _tell(console, "The harness's own environment failed", error, Exit.OUR_FAULT)
    except EvidenceError as error:
        return _tell(console, "Cannot read the evidence", error, Exit.USAGE)
    except Exception as error:  # noqa: BLE001  # the last resort: a fault of the harness must not look like the broker's
        if os.environ.get("AINP_DEBUG"):
            traceback.print_exc(file=sys.stderr)
        told = RuntimeError(f"{type(error).__name__}: {error}. This is a fault of the harness; AINP_DEBUG=1 shows where. Please report it.")
        return _tell(console, "The harness failed", told, Exit.OUR_FAULT)


def _tell(console: Console, what: str, error: Exception, code: Exit) -> int:
    console.print(f"{what}.", style="bold red", highlight=False)
    console.print(str(error), highlight=False, markup=False, soft_wrap=True)
    return code
