"""Folders that csmc makes for a user; edit when one may be made in another way."""

from pathlib import Path

from csmc.errors import ParameterError


def refuse_full(folder: Path) -> None:
    """Raise ParameterError unless `folder` can be made or filled without touching anything that is there."""
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise ParameterError(f"{folder}: is not empty; name a folder that does not exist yet")
        if folder.exists() and not folder.is_dir():
            raise ParameterError(f"{folder}: a file is in the way; name a folder that does not exist yet")
    except (OSError, ValueError) as error:
        raise ParameterError(f"{folder}: cannot be made: {error}") from error
