"""Local features: where a picture has points that are found again in another picture of the same drawing."""
