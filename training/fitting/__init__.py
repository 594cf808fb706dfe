"""Fitting: one training run from settings to checkpoint and export."""
