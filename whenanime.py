"""The command `whenanime`."""
