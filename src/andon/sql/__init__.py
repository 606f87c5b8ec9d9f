"""SQL as text and tokens: references, canonical form, binding, quoting.

Order within rank 3: `andon.sql` stands below `andon.spec`. Declared records hold parsed SQL, so
`spec` may import `sql`; `sql` imports nothing of rank 3.
"""
