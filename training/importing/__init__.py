"""Importing: a foreign model as an encoder."""
