"""A finished run as a folder with which others can make it again: data, figures, configuration, code, and a check."""

from csmc.package.folder import write_package

__all__ = ["write_package"]
