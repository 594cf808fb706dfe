"""Intake: what users typed and linked, read safely."""
