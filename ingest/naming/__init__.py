"""Naming: from a path to show, season and episode."""
