"""The one error of this package."""

from config.env import ConfigurationError


class CannotStart(ConfigurationError):
    """Its text is one sentence for the person at the console: what is wrong and what to do.

    A ConfigurationError, so that manage.py shows it without a traceback when settings.py meets it.
    """
