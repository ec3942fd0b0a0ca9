"""The history of the database's tables. Each file of `versions` is one step.

One database has one history: a game adds a step here when it adds or changes a table.
"""
