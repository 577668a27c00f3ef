"""What people declare: objections, participation, territories, errors, messages. One transaction per operation.

It knows only `models`. It must not know files, engines or pages: a change reaches the index by the outbox.
"""
