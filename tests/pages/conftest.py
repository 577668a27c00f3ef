"""The pages over the memory engine: a test client, and a real server for the browser."""
