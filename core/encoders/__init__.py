"""Encoders: frames to unit vectors, by a network in a folder with `model.onnx` and `spec.json`."""
