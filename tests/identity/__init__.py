"""One set of experiments, one digest over all their tallies, however and wherever they are run."""
