"""`python -m tests.clients.npm`: PagerDuty's JavaScript client against a machine of ours.

It knows https only, and takes the host as `server`. Needs node and npm.
"""

import json
import os
import shutil
import sys
from typing import Any

from tests.clients.judged import Judged, main, run, say
from tests.clients.tls import proxied

PACKAGE = "@pagerduty/pdjs"
DEED = """
const {event, change} = require('@pagerduty/pdjs');
const {server, type, data} = JSON.parse(process.argv[1]);
(type === 'change' ? change : event)({server, data})
  .then(({response, data}) => console.log(JSON.stringify([response.status, response.redirected, data])))
  .catch((error) => { console.error(error); process.exit(1); });
"""


def judge(us: Judged) -> None:
    folder = us.folder / "npm"
    folder.mkdir()
    run("npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), PACKAGE)
    package = json.loads((folder / "node_modules" / PACKAGE / "package.json").read_text())
    say(f"{PACKAGE} {package['version']} on node {run('node', '--version').strip()}")
    port = int(us.machine.url.rpartition(":")[2])
    with proxied(port, us.folder) as (server, trusted):
        environment = os.environ | {"NODE_EXTRA_CA_CERTS": str(trusted)}

        def do(type: str, data: dict[str, Any], expected: int = 202) -> dict[str, Any]:
            asked = json.dumps({"server": server, "type": type, "data": {"routing_key": us.key} | data})
            said = json.loads(run("node", "-e", DEED, asked, cwd=folder, env=environment).splitlines()[-1])
            say(f"{type} {data.get('event_action', '')}: {said}")
            assert said[:2] == [expected, False], said
            answer: dict[str, Any] = said[2]
            return answer

        payload = {"summary": "disk full", "source": "db-1", "severity": "critical"}
        key = do("event", {"event_action": "trigger", "payload": payload})["dedup_key"]
        us.wait_for("triggered", "disk full")
        for action, status in (("acknowledge", "acknowledged"), ("resolve", "resolved")):
            assert do("event", {"event_action": action, "dedup_key": key})["dedup_key"] == key
            us.wait_for(status, "disk full")
        do("change", {"payload": {"summary": "deployed 4.2"}})
        refused = do("event", {"event_action": "trigger", "routing_key": "0" * 32, "payload": payload}, 400)
        assert refused["errors"]
        assert len(us.alerts()) == 1


if __name__ == "__main__":
    if not (shutil.which("node") and shutil.which("npm")):
        sys.exit("There is no node or no npm on this machine.")
    main(judge)
