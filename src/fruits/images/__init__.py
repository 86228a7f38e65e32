"""Images: bytes become pixels of the network's size, paths become labels, code becomes fruit."""
