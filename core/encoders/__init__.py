"""Encoders: a folder with `model.onnx` and `spec.json` turns frames into unit vectors."""
