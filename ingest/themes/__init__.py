"""Themes of a library: what is read of its videos to mine seasons, the pass that does, and what is stored of themes."""
