"""Service: the process around the adapters: platforms, signals, tokens, index reload, health server."""
