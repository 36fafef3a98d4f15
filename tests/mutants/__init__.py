"""Brokers that break exactly one thing: the reference broker with one function replaced. `permitted/` has correct ones that look odd.

Run as `python -P -m tests.mutants.NAME serve`, with the reference broker's settings; `make mutants` runs all of them and compares what
the suite finds with what each says of itself:

AREAS: the areas that the suite is run with. FINDS: the requirements that must come out FAIL, WARN where they are SHOULDs. DISPUTED, where
there is one: those of FINDS that may be DISPUTED instead. RELATED: what may fail, or not be shown, beside it. Everything else must be
shown. Of a permitted one FINDS is empty, and nothing fails.

PROFILE: by which it is judged, phase-0.3 unless said. DEPTH = "standard": by the probes with real waits too, and then by the compressed
form of its profile (tests/profiles), whose constants the broker is started with. ENVIRONMENT: further settings of the broker.
INSTANCES: so many of it, over the same services. BINDING: by which surface it is judged, the one found by asking unless said.
"""
