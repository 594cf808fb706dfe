"""Pictures: untrusted bytes to RGB, file types by their first bytes, and what pixels say."""
