"""Naming: show, season and episode by the path of a video."""
