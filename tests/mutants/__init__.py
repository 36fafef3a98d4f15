"""Brokers that break exactly one thing: the reference broker with one function replaced. Each says what the suite must find, and what
else may fail because of it. Run as `python -P -m tests.mutants.NAME serve`, with the reference broker's settings."""
