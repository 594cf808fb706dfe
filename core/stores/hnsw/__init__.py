"""HNSW store: vectors in hnswlib, with the tables of frames and quantized vectors beside it."""
