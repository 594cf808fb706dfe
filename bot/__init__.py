"""Online: the front doors (chats and HTTP) before one dispatcher. Empty until the chat adapters arrive."""
