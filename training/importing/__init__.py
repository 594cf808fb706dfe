"""Importing: an external model as an encoder."""
