"""What a broker promises: requirements, profiles, targets, conflicts, bindings and the seeded corpus, as TOML with typed loaders."""
