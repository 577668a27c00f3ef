"""The demo: fictional people and structures over real communes, written in the official formats.

Everything is drawn from a seed, département by département, so that the same arguments give the same bytes and all of
France fits in memory. It writes files and nothing else: they are loaded by the readers of real files. It must not know
how anything is read, indexed or shown.
"""
