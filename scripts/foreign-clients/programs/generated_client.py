"""Imports the package that openapi-python-client has written into the folder of argument 1, reads a page with it and acknowledges it."""

import json
import os
import sys

sys.path.insert(0, sys.argv[1])
from sluice_client import AuthenticatedClient  # noqa: E402
from sluice_client.api.grants import acknowledge, read_events  # noqa: E402
from sluice_client.models import AcknowledgeBody  # noqa: E402

client = AuthenticatedClient(base_url=os.environ["SLUICE_URL"], token=os.environ["SLUICE_TOKEN"])
grant = os.environ["SLUICE_GRANT"]

page = read_events.sync(grant, client=client, from_="earliest")
assert isinstance(page, str), page
lines = [json.loads(line) for line in page.splitlines()]
assert len(lines) > int(os.environ["SLUICE_EVENT_COUNT"]), page
through = lines[-1]["through"]
acknowledged = acknowledge.sync(grant, "foreign-generated", client=client, body=AcknowledgeBody(position=through))
assert acknowledged.position == through, acknowledged
