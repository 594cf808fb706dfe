"""Pages for browsers: rendered on the server from the templates of `bot.web`."""
