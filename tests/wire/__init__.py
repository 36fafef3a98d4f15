"""Tests of ainp_harness.wire: the protocol as bytes and values, against the vectors of its sources."""
