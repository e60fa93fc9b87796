"""`python -m tests.clients.opsgenie_sdk`: Opsgenie's Python client against a machine of ours."""

import json
import sys
import venv
from typing import Any

from tests.clients.judged import Judged, main, run, say

PACKAGE = "opsgenie-sdk"
SCRIPT = r"""
import json, sys, time
import opsgenie_sdk as og
from opsgenie_sdk.api.alert import AlertApi
from opsgenie_sdk.exceptions import OpenApiException

host, key = sys.argv[1:]
settings = og.Configuration()
settings.host, settings.api_key["Authorization"], settings.retry_enabled = host, key, False
api = AlertApi(og.ApiClient(configuration=settings))

def came(accepted):
    for _ in range(100):
        try:
            return api.get_request_status(accepted.request_id).data
        except OpenApiException as waits:
            assert waits.status == 404, waits
            time.sleep(0.1)
    raise SystemExit("never worked: " + accepted.request_id)

def tell(what, said):
    print(json.dumps([what, {name: str(value) for name, value in said.items()}]))

payload = og.CreateAlertPayload(
    message="disk full", alias="db-1/disk", description="97 % of /var", tags=["db"],
    details={"mount": "/var"},
    entity="db-1", source="cron", priority="P1",
)
made = came(api.create_alert(create_alert_payload=payload))
tell("create", dict(ok=made.is_success, action=made.action, status=made.status, alias=made.alias))
alert = api.get_alert(identifier=made.alert_id, identifier_type="id").data
tell("get", dict(message=alert.message, status=alert.status, priority=alert.priority, tags=alert.tags,
                 details=alert.details, created=type(alert.created_at).__name__))
listed = api.list_alerts(query="status: open", limit=5).data
tell("list", dict(count=len(listed), alias=listed[0].alias))
note = came(api.add_note(identifier="db-1/disk", identifier_type="alias",
                         add_note_to_alert_payload=og.AddNoteToAlertPayload(note="on it", user="bram")))
tell("note", dict(ok=note.is_success, status=note.status))
acked = came(api.acknowledge_alert(identifier="db-1/disk", identifier_type="alias",
                                   acknowledge_alert_payload=og.AcknowledgeAlertPayload(user="bram")))
tell("acknowledge", dict(ok=acked.is_success, status=acked.status))
closed = came(api.close_alert(identifier=made.alert_id,
                              close_alert_payload=og.CloseAlertPayload(note="done")))
tell("close", dict(ok=closed.is_success, status=closed.status))
gone = came(api.close_alert(identifier="nosuchalias", identifier_type="alias"))
tell("close what is not there", dict(ok=gone.is_success, status=gone.status))
for name, ask in (
    ("snooze", lambda: api.snooze_alert(made.alert_id, og.SnoozeAlertPayload(end_time="2030-01-01"))),
    ("get what is not there", lambda: api.get_alert(identifier="AAAAAAAAAAAA")),
):
    try:
        ask()
        raise SystemExit(name + " was taken")
    except OpenApiException as refused:
        tell(name, dict(status=refused.status))
"""
EXPECTED: dict[str, dict[str, str]] = {
    "create": {"ok": "True", "action": "Create", "status": "Created alert", "alias": "db-1/disk"},
    "get": {
        "message": "disk full",
        "status": "open",
        "priority": "P1",
        "tags": "['db']",
        "created": "datetime",
    },
    "list": {"count": "1", "alias": "db-1/disk"},
    "note": {"ok": "True", "status": "Added note to alert"},
    "acknowledge": {"ok": "True", "status": "Acknowledged alert"},
    "close": {"ok": "True", "status": "Closed alert"},
    "close what is not there": {"ok": "False", "status": "Alert does not exist"},
    "snooze": {"status": "422"},
    "get what is not there": {"status": "404"},
}


def judge(us: Judged) -> None:
    home = us.folder / "sdk"
    venv.create(home, with_pip=True)
    python = str(home / "bin" / "python")
    run(python, "-m", "pip", "install", "--quiet", PACKAGE)
    version = "import importlib.metadata as m; print(m.version('opsgenie-sdk'))"
    say(f"{PACKAGE} {run(python, '-c', version).strip()}")
    said: dict[str, dict[str, Any]] = {}
    for line in run(python, "-c", SCRIPT, us.machine.url, us.key).splitlines():
        what, values = json.loads(line)
        say(f"{what}: {values}")
        said[what] = values
    wrong = {what for what, want in EXPECTED.items() if not want.items() <= said.get(what, {}).items()}
    if wrong:
        sys.exit(f"Not as it should be: {sorted(wrong)}")
    us.wait_for("resolved", "disk full")


if __name__ == "__main__":
    main(judge)
