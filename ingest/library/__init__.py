"""Library runs: add, reindex, and what a stopped run left behind."""
