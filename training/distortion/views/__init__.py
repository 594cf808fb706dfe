"""Single changes of a frame, one function each. NumPy and OpenCV only, no torch."""
