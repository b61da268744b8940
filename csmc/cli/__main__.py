"""`python -m csmc.cli`, where the command `csmc` is not on the path."""

from csmc.cli.app import main

main()
