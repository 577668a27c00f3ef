"""What is searchable: offers built from the database, the two engines, rebuild and follow.

It must not know who asks: it never imports a route or a page, and receives the viewer as a fact of the plan.
"""
