"""Commands: the operator's command line and its output."""
