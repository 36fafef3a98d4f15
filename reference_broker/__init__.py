"""A correct AINP broker to read and to run: FastAPI in front of PostgreSQL, Redis and NATS JetStream.

It imports `ainp_harness.wire` and nothing else of the harness, and nobody imports it: it is always another process.
Start reading at `routes/intents.py`; `docs/broker.md` tells the way of one intent through the files.
"""
