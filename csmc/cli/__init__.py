"""The command line: the only place that prints. One file per command; heavy imports happen inside the commands."""

from csmc.cli.app import main

__all__ = ["main"]
