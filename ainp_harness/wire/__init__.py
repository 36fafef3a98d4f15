"""The protocol as bytes and values: envelopes, canonical JSON, signatures, DIDs, embeddings, proofs, bindings, exchanges.

Broker and harness both import this room, so a misreading here would pass on both sides: it is tested against the vectors of
RFC 8785, RFC 8032 and did:key, not by round trips alone. Nothing here judges; only `client` does any I/O.
"""
