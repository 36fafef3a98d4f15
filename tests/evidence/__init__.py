"""Tests of ainp_harness.evidence: the run bundle as it is written, sealed and read again."""
