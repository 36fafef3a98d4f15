"""The judge: pure functions from a run bundle, a profile and waivers to a verdict. No network, no clock, no broker."""
