"""What is handed in: an archive of the notebook, the matrix and the slides, each checked first."""
