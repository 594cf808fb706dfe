"""Configuration: settings, logging set-up, and an engine opened from settings."""
