"""Indexing: one video to its features and stored pictures."""
