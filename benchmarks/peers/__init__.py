"""The chains that people would use instead, each a short script that runs without fruits."""
