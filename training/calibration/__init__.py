"""Calibration: probabilities from answers on a library."""
