"""Replies: what users read, and the buttons below it."""
