"""Follows a grant over WebSocket, acknowledges, and begins again behind what was acknowledged: docs/protocol.md and nothing else."""

import asyncio
import json
import os

from websockets.asyncio.client import connect

URL = os.environ["SLUICE_URL"].replace("http", "ws", 1) + "/v1/stream"
HEADERS = {"Authorization": "Bearer " + os.environ["SLUICE_TOKEN"]}
GRANT = os.environ["SLUICE_GRANT"]
EXPECTED = int(os.environ["SLUICE_EVENT_COUNT"])
CURSOR = "foreign-websocket"


async def follow(until_acknowledged: bool) -> int:
    """The number of events up to the end of the log."""
    count = 0
    async with connect(URL, subprotocols=["sluice.v1.json"], additional_headers=HEADERS) as socket:
        welcome = json.loads(await socket.recv())
        assert welcome["kind"] == "welcome", welcome
        await socket.send(json.dumps({"kind": "subscribe", "ref": "1", "grant": GRANT, "cursor": CURSOR}))
        async for message in socket:
            frame = json.loads(message)
            if frame["kind"] in ("error", "ended"):
                raise SystemExit(f"the broker answered {frame}")
            if frame["kind"] == "events":
                for event in frame["events"]:
                    assert event["id"] == f"{event['type']}@{event['position']}", event
                    assert event["op"] == "create" and "*" in event["data"]["legalName"], event
                count += len(frame["events"])
                await socket.send(json.dumps({"kind": "ack", "channel": frame["channel"], "position": frame["through"]}))
                through = frame["through"]
            if frame["kind"] == "caught_up" and not until_acknowledged:
                return count
            if frame["kind"] == "acked" and count >= EXPECTED and frame["position"] >= through:
                return count
    raise SystemExit("the broker closed the connection")


async def main() -> None:
    first = await asyncio.wait_for(follow(until_acknowledged=True), 30)
    assert first >= EXPECTED, f"{first} events instead of {EXPECTED}"
    again = await asyncio.wait_for(follow(until_acknowledged=False), 30)
    assert again == 0, f"{again} acknowledged events came again"


asyncio.run(main())
