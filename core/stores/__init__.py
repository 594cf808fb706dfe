"""Vector stores: nearest frames by inner product of unit vectors."""
