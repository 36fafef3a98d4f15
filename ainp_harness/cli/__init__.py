"""The command line, the only room that knows all others: starts targets and children, shows progress, gives exit codes."""
