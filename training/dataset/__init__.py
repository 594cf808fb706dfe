"""Dataset: frames on disk with splits and statistics."""
