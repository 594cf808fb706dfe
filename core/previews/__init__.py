"""Previews: a short clip of a scene as MP4 or GIF."""
