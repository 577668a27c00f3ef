"""The demo: fictional people and structures over real communes, written in the official formats.

Everything is drawn from a seed, département by département, so that the same arguments give the same bytes and all of
France fits in memory. What is written is loaded by the loads of real files (`loading`), its addresses located by a
geocoder of its own (`geocoder`). It must not know how anything is indexed or shown.
"""
