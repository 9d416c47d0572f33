"""The story on one page."""
