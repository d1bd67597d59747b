"""Imports the package that openapi-python-client has written into the folder of argument 1; publishes with it, reads a page, acknowledges it."""

import json
import os
import sys

sys.path.insert(0, sys.argv[1])
from sluice_client import AuthenticatedClient  # noqa: E402
from sluice_client.api.events import publish_events  # noqa: E402
from sluice_client.api.grants import acknowledge, read_events  # noqa: E402
from sluice_client.models import AcknowledgeBody, SourceEvent  # noqa: E402

client = AuthenticatedClient(base_url=os.environ["SLUICE_URL"], token=os.environ["SLUICE_TOKEN"])
grant = os.environ["SLUICE_GRANT"]

publisher = AuthenticatedClient(base_url=os.environ["SLUICE_URL"], token=os.environ["SLUICE_PUBLISHER_TOKEN"])
data = {"accountNumber": "500001", "legalName": "HARBOR BOOKS", "district": "18", "fee": "12.00"}
event = {"specversion": "1.0", "id": "foreign-generated", "type": os.environ["SLUICE_ENTRY"], "op": "create", "data": data}
stored = publish_events.sync(client=publisher, body=SourceEvent.from_dict(event))
assert stored.position > 0 and not stored.duplicate, stored
again = publish_events.sync(client=publisher, body=SourceEvent.from_dict(event))
assert again.duplicate is True, again
refused = publish_events.sync(client=publisher, body=SourceEvent.from_dict({**event, "id": "x", "data": {**data, "shoeSize": 1}}))
assert refused.code == "UNKNOWN_ITEM" and refused.status == 422, refused

page = read_events.sync(grant, client=client, from_="earliest")
assert isinstance(page, str), page
lines = [json.loads(line) for line in page.splitlines()]
assert len(lines) > int(os.environ["SLUICE_EVENT_COUNT"]), page
through = lines[-1]["through"]
acknowledged = acknowledge.sync(grant, "foreign-generated", client=client, body=AcknowledgeBody(position=through))
assert acknowledged.position == through, acknowledged
