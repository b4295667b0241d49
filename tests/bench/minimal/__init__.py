"""The smallest Django that inserts two rows for each request: no middleware, one view."""
