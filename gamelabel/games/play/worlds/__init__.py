"""Small games of the package's own: nothing to download, and no license to mind."""
