"""How well an encoder finds frames: protocols, and what they found as tables and plots."""
