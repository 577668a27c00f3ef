"""What comes in: the national files, territories, slots and geocoding, compared with what is stored.

It writes `models` and the outbox in one transaction. It must not know that a search engine exists: the index
follows the outbox.
"""
