"""Units of work and their receipts: what one worker process does with some hundreds of images."""
