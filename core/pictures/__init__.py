"""Pictures: decoding of untrusted bytes to RGB, file types, JPEG, and operations on pixels."""
