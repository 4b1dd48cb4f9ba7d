"""Who is let in: access tokens, logins, the analysts of the database, and what is recorded of refusals.

What a principal then sees is limited by each route; the routes themselves are in `api.http`.
"""
