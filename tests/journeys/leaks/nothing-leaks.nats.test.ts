import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import WebSocket from 'ws';
import { SUBPROTOCOLS } from '../../../proto/frames/frames.js';
import { type BrokerProcess, spawnBroker } from '../../support/broker/broker-process.js';
import { eventually } from '../../support/condition.js';
import { temporaryFolder } from '../../support/nats/nats.js';
import { RawSession } from '../../support/raw-client/raw-client.js';
import { applyBundle, call, mustCall, publishBatch } from '../../support/raw-client/raw-http.js';
import type { RawSubscription } from '../../support/raw-client/raw-subscription.js';
import { badEvents, badFrames, badRequests } from '../refusals/bad-inputs.js';
import { birdEvent, birdEvents, CANARY, GRANTED_ITEMS, LEAK_BUNDLE, LEAK_ENTRY, LEAK_TOKENS } from './leak-material.js';
import { LeakWatch } from './leak-watch.js';

t.setTimeout(90_000);

t.test('no value that is not granted leaves the bus, whatever is sent to it', async (t) => {
  const folder = await temporaryFolder(t);
  const broker = await spawnBroker(t, folder, { SLUICE_LOG_LEVEL: 'trace' });
  const watch = new LeakWatch();
  await applyBundle({ url: broker.url, token: broker.operatorToken }, LEAK_BUNDLE);
  await publishBatch({ url: broker.url, token: LEAK_TOKENS.source }, birdEvents());

  await t.test('WebSocket sessions, catching up and live, deliver granted items only in all encodings', async (t) => {
    const sessions = await Promise.all(SUBPROTOCOLS.map((encoding) => openSession(broker, watch, encoding)));
    const subscriptions = await Promise.all(sessions.flatMap((session) => followBoth(session)));
    await publishBatch({ url: broker.url, token: LEAK_TOKENS.source }, [...birdEvents(), END]);
    for (const subscription of subscriptions) {
      await subscription.until(() => subscription.events.at(-1)?.op === 'snapshot_end', 'the last event');
      t.ok(subscription.events.length > 60, `${subscription.events.length} events came`);
      t.ok(holdsGrantedItemsOnly(subscription), 'with granted items only');
    }
    await Promise.all(sessions.map((session) => session.close()));
  });

  await t.test('HTTP answers hold granted items only', async () => {
    const reader = { url: broker.url, token: LEAK_TOKENS.reader };
    for (const grant of Object.keys(GRANTED_ITEMS)) {
      for (const path of ['events?from=earliest', 'schema.json', 'event.proto', 'dead-letters']) {
        watch.inspect(path, (await mustCall(reader, 'GET', `/v1/grants/${grant}/${path}`)).text);
      }
      watch.inspect('server-sent events', await firstServerSentEvents(broker.url, grant));
    }
    for (const path of [
      '/v1/catalog',
      `/v1/catalog/${LEAK_ENTRY}`,
      `/v1/catalog/${LEAK_ENTRY}/asyncapi.json`,
      '/docs',
    ]) {
      watch.inspect(path, (await mustCall(reader, 'GET', path)).text);
    }
  });

  await t.test('answers to bad requests, events and frames quote no value', async (t) => {
    const refused = await sendBadRequests(broker, watch);
    t.ok(refused > 60, `${refused} requests were refused`);
    t.equal(await sendBadEvents(broker, watch), badEvents().length * 2, 'every bad event was refused');
    await sendBadFrames(broker, watch);
  });

  await t.test('what is acted and how somebody logs in is answered without the secrets in it', async (t) => {
    await actAndLogIn(t, broker, watch);
  });

  await t.test('metrics and log hold no value, and no token is stored', async (t) => {
    const operator = { url: broker.url, token: broker.operatorToken };
    await rejectOneEvent(broker, watch, `no use for ${CANARY}`);
    const metrics = async (): Promise<string> => (await mustCall(operator, 'GET', '/metrics')).text;
    await eventually(
      async () => (await metrics()).includes('sluice_dead_letters_total 1\n'),
      'the dead letter',
      10_000,
    );
    watch.inspect('/metrics', await metrics());
    const { text } = await mustCall(operator, 'GET', '/v1/ledger?limit=1000');
    t.notMatch(text, /-token-/, 'not in the ledger');
    await broker.stop();
    t.ok(broker.log().length > 1000, 'the log is not empty');
    watch.inspect('output', broker.output());
    watch.inspect('log', broker.log());
    const rejected = `rejected events of grant ${REJECTED_GRANT} since the last such line: 1 (party `;
    t.ok(broker.log().includes(rejected), 'who rejects events is in the log, the reason is not');
    t.not((await filesWith(folder, [CANARY])).length, 0, 'events can be read in the files of the store');
    t.strictSame(await filesWith(folder, Object.values(LEAK_TOKENS)), [], 'tokens cannot');
  });

  t.ok(watch.inspected > 200, `${watch.inspected} messages, answers and logs were inspected at`);
  t.strictSame([...new Set(watch.leaks)], []);
});

const END = birdEvent('snapshot_end', { snapshotid: 'end' });

function openSession(broker: BrokerProcess, watch: LeakWatch, encoding: (typeof SUBPROTOCOLS)[number]) {
  const onMessage = (message: Buffer): void => watch.inspect(encoding, message);
  return RawSession.open({ url: broker.url, token: LEAK_TOKENS.reader, encoding, onMessage });
}

function followBoth(session: RawSession): Promise<RawSubscription>[] {
  const cursor = session.welcome.session;
  return Object.keys(GRANTED_ITEMS).map((grant) => session.subscribe({ grant, cursor, from: 'earliest' }));
}

const [REJECTED_GRANT = ''] = Object.keys(GRANTED_ITEMS);

async function rejectOneEvent(broker: BrokerProcess, watch: LeakWatch, reason: string): Promise<void> {
  const session = await openSession(broker, watch, 'sluice.v1.json');
  const subscription = await session.subscribe({ grant: REJECTED_GRANT, cursor: 'rejecting', from: 'earliest' });
  const [first] = await subscription.collect(1);
  subscription.reject((first as { position: number }).position, reason);
}

/** From here on the log and all answers must hold none of the tokens and tickets that it was given. */
async function actAndLogIn(t: Test, broker: BrokerProcess, watch: LeakWatch): Promise<void> {
  const operator = { url: broker.url, token: broker.operatorToken };
  const { json } = await mustCall(operator, 'POST', '/v1/systems/stranger/renew-token');
  const stranger = { url: broker.url, token: (json as { token: string }).token };
  const issued = async (): Promise<string> =>
    ((await mustCall(stranger, 'POST', '/v1/tickets')).json as { ticket: string }).ticket;
  const [used, wasted] = [await issued(), await issued()];
  for (const secret of [stranger.token, used, wasted, broker.operatorToken]) watch.addSecret(secret);
  const byTicket = (ticket: string): Promise<number> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`${broker.streamUrl}?ticket=${ticket}`, ['sluice.v1.json']);
      socket.on('message', (message: Buffer) => {
        watch.inspect('session by ticket', message);
        socket.close(1000);
      });
      socket.on('close', (code, reason) => {
        watch.inspect('close reason', reason);
        resolve(code);
      });
    });
  t.same([await byTicket(used), await byTicket(used), await byTicket(`${wasted}x`)], [1000, 4401, 4401]);
  for (const authorization of [`Basic ${stranger.token}`, `Bearer ${stranger.token}x`, `Bearer ${wasted}`]) {
    const answer = await fetch(`${broker.url}/v1/catalog?token=${stranger.token}`, { headers: { authorization } });
    t.equal(answer.status, 401);
    watch.inspect('wrong log-in', await answer.text());
  }
  const reason = JSON.stringify({ reason: `a test of ${CANARY}` });
  for (const act of ['suspend', 'restore']) await mustCall(operator, 'POST', `/v1/grants/veiled/${act}`, reason);
  const wrong = await call(operator, 'POST', '/v1/grants/veiled/restore', reason);
  t.equal(wrong.status, 409);
  watch.inspect('an act at the wrong time', wrong.text);
}

function holdsGrantedItemsOnly({ subscribed, events }: RawSubscription): boolean {
  const granted: string[] = GRANTED_ITEMS[subscribed.grant as keyof typeof GRANTED_ITEMS];
  return events.every(({ data }) => Object.keys(data ?? {}).every((name) => granted.includes(name)));
}

async function firstServerSentEvents(url: string, grant: string): Promise<string> {
  const headers = { authorization: `Bearer ${LEAK_TOKENS.reader}`, accept: 'text/event-stream' };
  const answer = await fetch(`${url}/v1/grants/${grant}/events?from=earliest`, { headers });
  let text = '';
  for await (const chunk of answer.body as ReadableStream<Uint8Array>) {
    text += Buffer.from(chunk).toString();
    if (text.includes('snapshot_end')) break;
  }
  return text;
}

/** Sends all bad requests with every credential, and with an unknown one. Returns how many were refused. */
async function sendBadRequests(broker: BrokerProcess, watch: LeakWatch): Promise<number> {
  let refused = 0;
  for (const token of [...Object.values(LEAK_TOKENS), broker.operatorToken, `nobody-${CANARY}`]) {
    for (const { method, path, body, contentType } of badRequests()) {
      const answer = await call({ url: broker.url, token }, method, path, body, contentType);
      watch.inspect(`${method} ${path} ${answer.status}`, answer.text);
      if (answer.status >= 400) refused++;
    }
  }
  return refused;
}

/** Sends each bad event by itself, then all as lines. Returns how many were refused. */
async function sendBadEvents(broker: BrokerProcess, watch: LeakWatch): Promise<number> {
  const source = { url: broker.url, token: LEAK_TOKENS.source };
  let refused = 0;
  for (const event of badEvents()) {
    const answer = await call(source, 'POST', '/v1/events', JSON.stringify(event), 'application/cloudevents+json');
    watch.inspect(`event ${answer.status}`, answer.text);
    if (answer.status >= 400 && answer.status < 500) refused++;
  }
  const lines = badEvents()
    .map((event) => JSON.stringify(event))
    .join('\n');
  const { text } = await mustCall(source, 'POST', '/v1/events', lines, 'application/x-ndjson');
  watch.inspect('lines', text);
  return (
    refused +
    text
      .trimEnd()
      .split('\n')
      .filter((line) => JSON.parse(line).problem).length
  );
}

async function sendBadFrames(broker: BrokerProcess, watch: LeakWatch): Promise<void> {
  for (const token of [LEAK_TOKENS.reader, LEAK_TOKENS.source]) {
    for (const message of badFrames()) {
      const onMessage = (answer: Buffer): void => watch.inspect('answer to a bad frame', answer);
      const session = await RawSession.open({ url: broker.url, token, encoding: 'sluice.v1.json', onMessage });
      session.sendBytes(message);
      await session.until(() => session.closed !== undefined || session.frames.length > 0, 'an answer');
      watch.inspect('close reason', session.closed?.reason ?? '');
      if (!session.closed) await session.close();
    }
  }
}

async function filesWith(folder: string, texts: string[]): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const content = await readFile(join(entry.parentPath, entry.name), 'latin1');
    if (texts.some((text) => content.includes(text))) found.push(entry.name);
  }
  return found;
}
