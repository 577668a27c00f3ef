"""Who asks: the HTTP routes, the shape of answers, the first page.

It must not know which engine answers, nor how files are loaded.
"""
