"""What Harmony tells the outside: the events of the call log, what each means, who gets it, and how it travels.

`catalogue` names every type with its data, `notices` derives those that are not about calls, `filter` says who wants
what, `envelope` writes the form in which all ways out send them. Pure: the database is asked by `projections.query`.
"""
