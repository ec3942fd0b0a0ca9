"""Answers to annotation tasks in the layouts of others: one layout a file, one registry."""
