"""Verification: whether a picture really shows a stored frame, and which frame of the video exactly."""
