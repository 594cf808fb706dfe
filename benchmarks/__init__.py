"""Speed and quality, each runnable by one command; JSON out."""
