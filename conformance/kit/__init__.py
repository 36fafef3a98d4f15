"""What probes are written with: agents, mutations, the paced transport, and the probe itself. No verdicts here."""
