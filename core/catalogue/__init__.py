"""What is in the library: files, names, states. SQLAlchemy Core on SQLite or PostgreSQL."""
