"""Regions of a picture: what of it may be the frame of a video."""
