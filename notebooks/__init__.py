"""The notebook of the defence, and the command that runs it from top to bottom."""
