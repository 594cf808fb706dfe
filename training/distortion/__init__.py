"""Distortion: what becomes of a frame before somebody posts it."""
