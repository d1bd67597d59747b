import type { SourceEvent } from '../../../proto/event/event.js';
import { birdEvent, CANARY, grantedBird, LEAK_ENTRY } from '../leaks/leak-material.js';

const SECRET = `x${CANARY}-bad`;

/** Events that intake must refuse, each for another reason; their ids are harmless, for an answer names them. */
export function badEvents(): Partial<SourceEvent>[] {
  const bird = grantedBird('bad');
  const good = birdEvent('create', { id: 'bad', subject: 'bad', data: bird });
  const { ring: _ring, ...withoutRing } = bird;
  const unlike = (change: object): Partial<SourceEvent> => ({ ...good, ...change }) as Partial<SourceEvent>;
  return [
    unlike({ type: 'aviary.nothing' }),
    unlike({ type: 'strangers.birds' }),
    unlike({ source: '/aviary/somebody-else' }),
    unlike({ data: { ...bird, unknownItem: SECRET } }),
    unlike({ data: { ...bird, secretNumber: SECRET } }),
    unlike({ data: { ...bird, secrets: SECRET } }),
    unlike({ data: { ...bird, colour: SECRET } }),
    unlike({ data: { ...bird, plate: SECRET } }),
    unlike({ data: { ...bird, ring: `${SECRET}${'x'.repeat(200)}` } }),
    unlike({ data: { ...bird, secret: `${SECRET}\ud800` } }),
    unlike({ data: withoutRing }),
    unlike({ data: SECRET }),
    unlike({ data: [SECRET] }),
    unlike({ data: undefined }),
    unlike({ subject: SECRET }),
    unlike({ op: 'update' }),
    unlike({ op: 'delete', data: undefined, previous: { region: 5, species: SECRET } }),
    unlike({ op: 'update', previous: { unknownItem: SECRET } }),
    unlike({ op: 'correction', previous: {}, corrects: SECRET }),
    unlike({ op: SECRET }),
    unlike({ id: `${SECRET}\u0000` }),
    unlike({ time: SECRET }),
    unlike({ sourceposition: SECRET }),
    unlike({ specversion: SECRET }),
    unlike({ data: { ...bird, secret: SECRET.repeat(40_000) } }),
  ];
}

export interface BadRequest {
  method: string;
  path: string;
  body?: string | Uint8Array;
  contentType?: string;
}

/** Requests that every resource must refuse. */
export function badRequests(): BadRequest[] {
  const events = { method: 'POST', path: '/v1/events' };
  const json = 'application/cloudevents+json';
  return [
    { ...events, body: `{"id":"${SECRET}`, contentType: json },
    { ...events, body: `"${SECRET}"`, contentType: json },
    { ...events, body: `[${SECRET}]`, contentType: 'application/cloudevents-batch+json' },
    { ...events, body: Buffer.from([0x7b, 0xff, ...Buffer.from(SECRET)]), contentType: json },
    { ...events, body: SECRET, contentType: 'text/plain' },
    { ...events, body: SECRET, contentType: `${json}; charset=${SECRET}` },
    {
      method: 'POST',
      path: '/v1/bundles',
      body: `systems: [{id: a, token: "${SECRET}`,
      contentType: 'application/yaml',
    },
    { method: 'POST', path: '/v1/bundles', body: JSON.stringify({ systems: [{ id: 'A B', token: SECRET }] }) },
    {
      method: 'POST',
      path: '/v1/bundles',
      body: JSON.stringify({ systems: [{ id: 'x', party: 'none', token: SECRET }] }),
    },
    { method: 'GET', path: `/v1/grants/plain/events?from=${SECRET}` },
    { method: 'GET', path: `/v1/grants/plain/events?narrow={"species":{"like":"${SECRET}"}}` },
    { method: 'GET', path: `/v1/grants/plain/events?narrow=${SECRET}` },
    { method: 'GET', path: `/v1/grants/plain/events?token=${SECRET}` },
    { method: 'GET', path: `/v1/disclosures?entry=${LEAK_ENTRY}&subject=${SECRET}` },
    { method: 'GET', path: `/v1/nothing/${SECRET}?${SECRET}` },
    { method: 'GET', path: `/v1/stream?ticket=${SECRET}` },
    { method: 'PUT', path: `/v1/catalog/${LEAK_ENTRY}`, body: `{"name": ${SECRET}` },
  ];
}

/** Messages that are no frames, or frames that must be refused. */
export function badFrames(): string[] {
  const frame = (fields: object): string => JSON.stringify(fields);
  return [
    frame({ kind: 'subscribe', ref: 'a', grant: 'plain', narrow: { species: { like: SECRET } } }),
    frame({ kind: 'subscribe', ref: 'b', grant: 'plain', narrow: { secret: { is: SECRET } } }),
    frame({ kind: 'subscribe', ref: 'c', grant: 'plain', from: { time: SECRET } }),
    frame({ kind: 'subscribe', ref: 'd', grant: 'plain', narrow: { species: { min: SECRET } } }),
    frame({ kind: 'ack', channel: 1, position: 1 }),
    frame({ kind: 'publish', ref: 'e', events: badEvents().slice(0, 20) }),
    // A session ends after each of these.
    frame({ kind: 'subscribe', ref: 'f', grant: 'plain', extra: SECRET }),
    frame({ kind: SECRET }),
    `{"kind": "${SECRET}`,
  ];
}
