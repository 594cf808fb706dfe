"""A small show that is drawn by the program, for `whenanime demo` and the tests."""
