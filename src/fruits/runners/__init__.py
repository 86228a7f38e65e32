"""The seam between the work and the machines that do it, and the runner that needs no Spark."""
