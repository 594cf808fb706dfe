"""Offline: a folder of videos becomes catalogue, features and index; the operator's commands."""
