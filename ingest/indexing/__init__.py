"""Indexing: the features and stored pictures of one video."""
