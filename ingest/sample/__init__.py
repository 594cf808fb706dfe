"""A small show drawn in process, for `whenanime demo` and the tests."""
