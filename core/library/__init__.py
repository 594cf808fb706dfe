"""Library on disk: paths, stored pictures, feedback, encoder choice, a snapshot to search, and
where its videos are.
"""
