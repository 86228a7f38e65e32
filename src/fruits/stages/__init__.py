"""The steps of a run, one module each; none of them knows Spark."""
