"""What exists: tables, code lists, value types, the gazetteer.

Everything else is built on this package. It must not know how things are read, searched, ranked or shown:
it imports none of the other packages.
"""
