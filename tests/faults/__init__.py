"""The broker under load while its services and the broker itself are taken away: `make test-faults`. `make test` runs the pure part."""
