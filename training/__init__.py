"""Offline: frames become an encoder. The only package that imports torch and torchvision."""
