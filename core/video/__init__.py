"""Video in and out through PyAV; the only package that imports `av`."""
