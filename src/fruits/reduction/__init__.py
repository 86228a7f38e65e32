"""Vectors in, components out: moments that merge, and the PCA fitted from them."""
