"""A result as one HTML file that needs nothing else: the answer, figures to explore, a crisis, and its origin."""

from csmc.report.html.page import page, write_page

__all__ = ["page", "write_page"]
