"""What a broker must do: probes that drive it and state what they expect, one file an area. They never decide: the judge does."""
