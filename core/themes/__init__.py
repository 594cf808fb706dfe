"""Themes: openings, endings and other parts that episodes of a season share, mined without labels."""
