"""Model: the network and its losses."""
