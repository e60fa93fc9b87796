"""Prints which test plays which scenario: python -m tests.oncall.scenarios"""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from tests.oncall.scenarios.named import all_played  # noqa: E402

for name, tests in all_played().items():
    print(f"{name:55} {', '.join(sorted(set(tests))) or 'NOBODY'}")
