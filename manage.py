#!/usr/bin/env python
"""Muster's command line: `manage.py up` starts everything, `manage.py help` lists the rest."""

import os
import sys


def main() -> None:
    from config.embedded.early import apply_options
    from config.env import ConfigurationError

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    apply_options(sys.argv)
    try:
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    except ConfigurationError as error:
        sys.exit(f"muster: {error}")


if __name__ == "__main__":
    main()
