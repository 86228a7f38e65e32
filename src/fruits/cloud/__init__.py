"""What a cluster receives, and how runs are sent there: package, command, targets."""
