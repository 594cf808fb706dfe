"""Commands: `whenanime train …`."""
