"""Catalogue: the files of the library, their names and states. SQLAlchemy Core on SQLite or PostgreSQL."""
