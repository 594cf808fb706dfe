"""Inference: ONNX Runtime sessions, whatever network they run."""
