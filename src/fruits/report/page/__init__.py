"""The page of a run: one file without any network, for people who would rather look than read."""
