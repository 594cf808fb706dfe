"""Library on disk: paths, stored pictures, feedback, which encoder it was made with, a snapshot to search, and
where its videos are.
"""
