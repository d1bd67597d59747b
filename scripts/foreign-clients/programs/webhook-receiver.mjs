// Receives calls of the webhook connector: verifies them with the JavaScript library of Standard Webhooks (the file of argument 2) and reads
// them with that of CloudEvents (argument 1).
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';

const require = createRequire(import.meta.url);
const { HTTP } = require(process.argv[2]);
const { Webhook } = require(process.argv[3]);
const { SLUICE_ENTRY, SLUICE_EVENT_COUNT, SLUICE_WEBHOOK_PORT, SLUICE_WEBHOOK_SECRET } = process.env;
const hook = new Webhook(SLUICE_WEBHOOK_SECRET);
const seen = new Set();

const server = createServer(async (request, response) => {
  const body = await text(request);
  hook.verify(body, request.headers);
  assert.throws(() => hook.verify(` ${body}`, request.headers), 'another body has the same signature');
  const event = HTTP.toEvent({ headers: request.headers, body });
  assert(event.type === SLUICE_ENTRY && event.op === 'create' && event.data.legalName.includes('*'), String(event));
  seen.add(`${event.source} ${event.id}`);
  response.writeHead(204).end(() => seen.size === Number(SLUICE_EVENT_COUNT) && process.exit(0));
});
server.listen(Number(SLUICE_WEBHOOK_PORT), '127.0.0.1');
