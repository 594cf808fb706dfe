"""Benchmarks of speed and quality, each a command that prints JSON."""
