"""Planning: which files there are, and what each needs."""
