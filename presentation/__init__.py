"""The French deck of the defence, built from texts and measured facts: `python -m presentation`."""
