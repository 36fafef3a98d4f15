"""Tests of ainp_harness.promises: what is shipped fits together, and what does not fit is told with file and line."""
