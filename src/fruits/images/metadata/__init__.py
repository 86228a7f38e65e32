"""What an image file says beside its pixels, taken out without touching them, format by format."""
