"""Distortion: how frames are changed before they are posted."""
