"""Publishes with the Python library of CloudEvents, in binary and in structured mode, each twice: the second is a duplicate."""

import json
import os
import urllib.request

from cloudevents.v1.conversion import to_binary, to_structured
from cloudevents.v1.http import CloudEvent


def post(headers, body):
    headers = {**headers, "Authorization": "Bearer " + os.environ["SLUICE_TOKEN"]}
    request = urllib.request.Request(os.environ["SLUICE_URL"] + "/v1/events", data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as refused:
        raise SystemExit(f"{refused.code}: {refused.read().decode()}") from None


for number, (mode, convert) in enumerate({"binary": to_binary, "structured": to_structured}.items()):
    attributes = {
        "id": f"foreign-cloudevents-{mode}",
        "type": os.environ["SLUICE_ENTRY"],
        "source": "/chicago-bacp/bacp-licensing",
        "op": "create",
    }
    data = {"accountNumber": f"20000{number}", "legalName": "陈氏 BAKERY", "district": "18", "fee": "12.00"}
    event = CloudEvent(attributes, data)
    headers, body = convert(event)
    headers = {"content-type": "application/json", **headers}
    status, answer = post(headers, body)
    assert status == 201 and answer["position"] > 0, (mode, status, answer)
    status, answer = post(headers, body)
    assert status == 200 and answer["duplicate"] is True, (mode, status, answer)
