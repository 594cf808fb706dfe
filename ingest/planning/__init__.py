"""Planning: finding videos and deciding what to do with each."""
