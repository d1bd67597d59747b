"""Publishes, follows, rejects, redrives and resumes over WebSocket and HTTP: docs/protocol.md and nothing else."""

import asyncio
import json
import os
import urllib.request

from websockets.asyncio.client import connect

HTTP = os.environ["SLUICE_URL"]
GRANT = os.environ["SLUICE_GRANT"]
ENTRY = os.environ["SLUICE_ENTRY"]
EXPECTED = int(os.environ["SLUICE_EVENT_COUNT"])
SUBSCRIBER = os.environ["SLUICE_TOKEN"]
PUBLISHER = os.environ["SLUICE_PUBLISHER_TOKEN"]
CREDIT = 2


def http(method: str, path: str):
    request = urllib.request.Request(HTTP + path, method=method, headers={"Authorization": "Bearer " + SUBSCRIBER})
    with urllib.request.urlopen(request) as response:
        return json.load(response)


class Session:
    """One WebSocket; frames are maps with `kind`."""

    def __init__(self, socket) -> None:
        self.socket = socket

    async def send(self, **frame) -> None:
        await self.socket.send(json.dumps({key.rstrip("_"): value for key, value in frame.items()}))

    async def receive(self, *kinds: str) -> dict:
        """The next frame of these kinds; those in between are passed over, except a failure."""
        async for message in self.socket:
            frame = json.loads(message)
            if frame["kind"] in kinds:
                return frame
            if frame["kind"] in ("error", "ended"):
                raise SystemExit(f"the broker answered {frame}")
        raise SystemExit("the broker closed the connection")


def session(token: str):
    headers = {"Authorization": "Bearer " + token}
    url = HTTP.replace("http", "ws", 1) + "/v1/stream"
    return connect(url, subprotocols=["sluice.v1.json"], additional_headers=headers)


def event(identifier: str, **items) -> dict:
    data = {"accountNumber": identifier, "legalName": "HARBOR BOOKS", "district": "18", "fee": "1.00", **items}
    return {"specversion": "1.0", "id": identifier, "type": ENTRY, "op": "create", "data": data}


async def publish() -> int:
    """The position of the last event that was stored."""
    async with session(PUBLISHER) as socket:
        bus = Session(socket)
        assert (await bus.receive("welcome"))["limits"]["maxPublishEvents"] >= 3
        events = [event("ws-1"), event("ws-2", shoeSize=1), event("ws-3")]
        await bus.send(kind="publish", ref="p1", events=events)
        await bus.send(kind="publish", ref="p2", events=events[:1])
        answers = {}
        while len(answers) < 2:
            published = await bus.receive("published")
            answers[published["ref"]] = published["results"]
        first, refused, third = answers["p1"]
        assert refused["problem"]["code"] == "UNKNOWN_ITEM" and first["position"] < third["position"], answers
        [repeated] = answers["p2"]
        assert repeated["duplicate"] is True and repeated["position"] == first["position"], answers
        return third["position"]


async def follow(last: int) -> dict:
    """Everything up to a position, in order and within the credit; the last one is rejected. What a client would keep in its store."""
    count = 0
    async with session(SUBSCRIBER) as socket:
        bus = Session(socket)
        await bus.receive("welcome")
        await bus.send(kind="subscribe", ref="1", grant=GRANT, cursor="foreign-python", credit=CREDIT)
        subscribed = await bus.receive("subscribed")
        channel, seen = subscribed["channel"], subscribed["position"]
        while seen < last:
            frame = await bus.receive("events")
            assert len(frame["events"]) <= CREDIT, frame
            for one in frame["events"]:
                assert one["id"] == f"{ENTRY}@{one['position']}" and one["position"] > seen, one
                assert "*" in one["data"]["legalName"] and "licence" not in one["data"], one
                seen = one["position"]
            count += len(frame["events"])
            if seen >= last:
                await bus.send(kind="reject", channel=channel, position=last, reason="a test of dead letters")
            else:
                await bus.send(kind="ack", channel=channel, position=frame["through"])
        while (await bus.receive("acked"))["position"] < last:
            pass
        await bus.send(kind="unsubscribe", channel=channel)
    assert count >= EXPECTED, f"{count} events instead of {EXPECTED}"
    return {"after": last, "log": subscribed["log"]}


async def first_answer(from_) -> dict:
    """The first of what comes after `subscribed`, or the error instead of it."""
    async with session(SUBSCRIBER) as socket:
        bus = Session(socket)
        await bus.receive("welcome")
        await bus.send(kind="subscribe", ref="again", grant=GRANT, cursor="foreign-python", from_=from_)
        answer = await bus.receive("subscribed", "error")
        return answer if answer["kind"] == "error" else await bus.receive("events", "caught_up")


async def main() -> None:
    last = await publish()
    stored = await follow(last)
    path = f"/v1/grants/{GRANT}/dead-letters"
    assert [letter["position"] for letter in http("GET", path)] == [last], "the rejected event is a dead letter"
    assert http("POST", f"{path}/{last}/redrive")["position"] == last
    assert http("GET", path) == []
    for start in ("cursor", stored):
        answer = await first_answer(start)
        assert answer["kind"] == "caught_up" or answer["events"] == [], f"acknowledged events came again: {answer}"
    assert (await first_answer({**stored, "log": "another"}))["code"] == "POSITION_GONE"


asyncio.run(asyncio.wait_for(main(), 60))
