"""Annotation of pictures by people: tasks of several kinds, their answers, and what they say."""
