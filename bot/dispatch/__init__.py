"""Dispatch: from a request to its reply, whatever the platform: limits, queue, cache, deadline."""
