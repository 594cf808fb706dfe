"""Seasons with known themes: rendered from footage and sound, with the truth beside them; scores and baselines."""
