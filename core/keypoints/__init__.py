"""Keypoints: local features that are found again in another picture of the same drawing."""
