"""Language: sentences in the users' languages, and which user chose which."""
