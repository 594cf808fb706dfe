"""Evaluation: how well an encoder finds frames, by several protocols, with tables and charts."""
