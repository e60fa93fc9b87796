"""What the API of every app stands on.

An app writes `api/urls.py` with `routes: list[tuple[prefix, viewset, basename]]`; its viewsets come from
`viewsets`, related fields from `fields`, filters from `filters`. One error shape (`errors`), one pagination
(`pagination`), one permission (`permissions`). The schema and its readable page are in `schema` and `docs`.
"""
