"""Baselines: what others do, or what is done without looking."""
