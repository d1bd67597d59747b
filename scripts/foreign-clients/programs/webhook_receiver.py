"""Receives calls of the webhook connector: verifies them with the Python library of Standard Webhooks, reads them with that of CloudEvents."""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from cloudevents.v1.http import from_http
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

HOOK = Webhook(os.environ["SLUICE_WEBHOOK_SECRET"])
EXPECTED = int(os.environ["SLUICE_EVENT_COUNT"])
seen = set()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        HOOK.verify(body, dict(self.headers))
        try:
            HOOK.verify(b" " + body, dict(self.headers))
            raise AssertionError("another body has the same signature")
        except WebhookVerificationError:
            pass
        event = from_http(dict(self.headers), body)
        assert event["type"] == os.environ["SLUICE_ENTRY"] and event["op"] == "create", event
        assert "*" in event.data["legalName"], event
        seen.add((event["source"], event["id"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_args) -> None:
        pass


class Server(HTTPServer):
    def handle_error(self, request, client_address) -> None:
        raise SystemExit(f"a call was not read: {sys.exc_info()[1]!r}") from None


server = Server(("127.0.0.1", int(os.environ["SLUICE_WEBHOOK_PORT"])), Receiver)
while len(seen) < EXPECTED:
    server.handle_request()
