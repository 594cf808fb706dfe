"""What more than one room opens, from settings. Stands on core and config, below ingest, training and bot."""
