"""Tests of ainp_harness.judging: from recorded evidence to a verdict."""
