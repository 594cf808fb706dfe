"""Publishing: from features to the index that is searched, and whether it is whole."""
