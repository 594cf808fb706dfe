"""Search: the stages of an answer in their order, and its probability."""
