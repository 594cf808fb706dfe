"""Online: adapters for chat platforms, a terminal and HTTP in front of one dispatcher."""
