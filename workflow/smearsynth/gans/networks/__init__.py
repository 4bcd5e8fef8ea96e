"""Networks in Keras 3 operations."""
