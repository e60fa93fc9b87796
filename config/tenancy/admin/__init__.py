"""The Django admin of the tenancy models, and the two sites and base classes every app builds on."""
