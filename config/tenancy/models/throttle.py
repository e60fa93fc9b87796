from django.db import models


class Throttle(models.Model):
    """How often something was tried in a window of time (config.tenancy.throttle). Old rows are swept."""

    bucket = models.CharField(max_length=120, primary_key=True)
    count = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.bucket
