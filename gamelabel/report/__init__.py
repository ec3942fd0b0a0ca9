"""A run as a page, a PDF and pages of its notebooks."""
