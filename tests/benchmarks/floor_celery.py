"""The floor of what follows a post: one bare task that writes one row and sends one plain mail."""

import os
import smtplib

import psycopg
from celery import Celery

from config.embedded.addresses import celery_broker_url

app = Celery("floor", broker=celery_broker_url(os.environ["REDIS_URL"]))
app.conf.update(task_ignore_result=True, task_default_queue="floor")


@app.task(name="floor.work", ignore_result=True)  # type: ignore[untyped-decorator]
def work(key: str) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as database:
        database.execute("UPDATE floor_post SET done = clock_timestamp() WHERE id = %s", [key])
    host, _, port = os.environ["EMAIL_URL"].rpartition("/")[2].partition(":")
    with smtplib.SMTP(host, int(port)) as smtp:
        smtp.sendmail("floor@muster.test", [f"{key}@floor.test"], f"Subject: {key}\n\n{key}\n")
