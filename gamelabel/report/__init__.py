"""The report of a run: a page, a PDF, and a page for each executed notebook."""
