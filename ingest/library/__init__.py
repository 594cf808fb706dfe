"""Library runs: add, reindex, and the clean-up after a stopped run."""
