"""Retrieval: from a picture to the indexed frames and scenes near it."""
