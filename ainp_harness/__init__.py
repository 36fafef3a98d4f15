"""A conformance and load-test harness for AINP brokers: capture evidence first, judge it afterwards."""

__version__ = "0.1.0"
