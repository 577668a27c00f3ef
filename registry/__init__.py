"""What people declare: objections, agendas, participation, orientations, errors, messages. A transaction an operation.

It knows only `models`. It must not know files, engines or pages: a change reaches the index by the outbox.
"""
