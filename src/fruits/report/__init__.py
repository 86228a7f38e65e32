"""A run's facts, and what people and programs read of them."""
