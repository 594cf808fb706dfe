"""Logging: warnings and worse to standard error, one line each."""

import logging


def set_up_logging(level: str) -> None:
    """Send records of `level` and above to standard error. Called once, at the process edge."""
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s", force=True)
