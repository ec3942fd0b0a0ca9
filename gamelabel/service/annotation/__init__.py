"""Annotation over HTTP: people answer the tasks of a project about its pictures."""
