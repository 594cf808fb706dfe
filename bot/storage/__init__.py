"""Storage: what the bot keeps on disk for its buttons."""
