"""Regions: parts of a picture that may be the frame of a video."""
