"""The search engine: synchronous, no event loop, no chat, no HTTP, no settings."""
