"""The history of the tables, one step a file, packaged with the models."""
