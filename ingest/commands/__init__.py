"""Commands: what the operator types and reads."""
