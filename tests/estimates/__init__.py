"""The estimators once more, in plain Python from single histories and episodes, and the data to compare them on."""
