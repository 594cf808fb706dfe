"""What becomes of a frame before somebody posts it, one function a change. NumPy and OpenCV only; no torch."""
