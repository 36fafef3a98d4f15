"""A script, not a module: becomes the program it is asked to start, after telling the watcher about itself.
Arguments: descriptor of the watcher's pipe, stop signal, `UID:GID` or `-`, the program and its arguments. Telling happens here
and not in the harness, so that there is no moment in which the harness can die and leave a child nobody knows of.
Standard library only."""

import os
import signal
import sys


def main(pipe: str, stop_signal: str, user: str, *command: str) -> None:
    os.write(int(pipe), f"+{os.getpid()} {stop_signal}\n".encode())
    os.set_inheritable(int(pipe), False)
    if user != "-":
        uid, gid = (int(part) for part in user.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # Python ignores the first two; a shell ignores the others for what it starts with `&`. The program would inherit all of that,
    # and could then not be asked to stop.
    for signum in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(signum, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.stderr.write(f"cannot start {command[0]}: {error.strerror}\n")
        raise SystemExit(127) from None


if __name__ == "__main__":
    main(*sys.argv[1:])
