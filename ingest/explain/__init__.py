"""Explain: why an answer is what it is, as a picture."""
