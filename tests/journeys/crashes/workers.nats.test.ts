import t, { type Test } from 'tap';
import WebSocket from 'ws';
import { applyBundle, OPERATOR_TOKEN, streamUrlOf } from '../../support/broker/broker.js';
import { fresh, WorkerPool } from '../../support/broker/worker-pool.js';
import { eventually } from '../../support/condition.js';
import { person, REGISTER_BUNDLE } from '../../support/connectors/register-bundle.js';
import { temporaryFolder } from '../../support/nats/nats.js';
import { checkMetrics, needsPrometheus } from '../../support/prometheus/prometheus.js';
import { RawFollower } from '../../support/raw-client/raw-follower.js';
import { publishBatch } from '../../support/raw-client/raw-http.js';
import { RawLink } from '../../support/raw-client/raw-link.js';

const WAIT_MS = 30_000;
const FOLLOWERS = 6;

t.setTimeout(240_000);

/** Each on a session of its own, so that they are spread over the workers. */
function follow(t: Test, url: string): RawFollower[] {
  const followers = Array.from({ length: FOLLOWERS }, (_, i) => {
    const link = new RawLink({ url, token: 'reader-one-token-0123456789', encoding: 'sluice.v1.json' });
    const ackPolicy = { credit: 100, every: 5, delayMs: undefined };
    const cursor = `c${i}`;
    return new RawFollower({
      link,
      grant: 'g-one',
      cursor,
      from: 'earliest',
      ackPolicy,
      resume: 'cursor',
      cutAfter: [],
    });
  });
  for (const follower of followers) follower.start();
  t.teardown(() => Promise.all(followers.map((follower) => follower.stop())));
  return followers;
}

const persons = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => person(from + i));
const source = (url: string) => ({ url, token: 'registry-source-token-0123456789' });

async function untilSeen(followers: RawFollower[], position: number): Promise<void> {
  for (const follower of followers) {
    const saw = () => follower.saw((event) => event.position === position);
    await follower.until(saw, () => `position ${position}, seen ${follower.eventsSeen}`, WAIT_MS);
  }
}

/** Of all label values together. */
async function metric(url: string, name: string): Promise<number> {
  const { text } = await fresh(url, '/metrics');
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))].map(([, value]) =>
    Number(value?.replace('+Inf', 'Infinity')),
  );
  return values.reduce((sum, value) => sum + value, 0);
}

/** A series of each cursor, from a worker that the primary chooses. */
async function grantSeries(url: string, name: string): Promise<number[]> {
  const { text } = await fresh(url, '/metrics/grants', { token: 'reader-one-token-0123456789' });
  const line = new RegExp(`^sluice_grant_${name}\\{grant="g-one",cursor="c\\d"\\} (\\S+)$`, 'gm');
  return [...text.matchAll(line)].map(([, value]) => Number(value));
}

/** Events that all workers have accepted of the entry, from a worker that the primary chooses. */
async function acceptedEvents(url: string): Promise<number> {
  const { text } = await fresh(url, '/metrics/grants', { token: 'registry-source-token-0123456789' });
  const [, value] = /^sluice_entry_accepted_events_total\{entry="registry\.person".*\} (\S+)$/m.exec(text) ?? [];
  return Number(value);
}

/** Refused events of the party that all workers have kept, from a worker that the primary chooses. */
async function quarantinedEvents(url: string): Promise<number> {
  const { text } = await fresh(url, '/metrics/grants', { token: 'registry-source-token-0123456789' });
  const [, value] = /^sluice_party_quarantined_events_total\{party="registry".*\} (\S+)$/m.exec(text) ?? [];
  return Number(value);
}

t.test('two workers on one port', { timeout: 200_000 }, async (t) => {
  const pool = await WorkerPool.start(t, await temporaryFolder(t), 2);
  await applyBundle(pool.url, REGISTER_BUNDLE);
  const followers = follow(t, pool.url);

  t.test('two workers share the connections, and each reports the sum of their metrics', async (t) => {
    t.equal((await pool.workers()).length, 2);
    const results = await publishBatch(source(pool.url), persons(0, 20));
    await untilSeen(followers, results.at(-1)!.position!);
    for (let i = 0; i < 4; i++) {
      t.equal(await metric(pool.url, 'sluice_sessions'), FOLLOWERS);
      t.equal(await metric(pool.url, 'sluice_ledger_in_sight'), 1, 'what is true of all is reported once');
      t.equal(await metric(pool.url, 'sluice_store_seconds_until_full'), Number.POSITIVE_INFINITY);
      t.equal((await fresh(pool.url, '/readyz')).status, 200);
    }
  });

  t.test('each worker reports what all of them deliver under a cursor, and how far it is behind', async (t) => {
    for (let i = 0; i < 4; i++) {
      t.strictSame(await grantSeries(pool.url, 'delivered_events_total'), Array(FOLLOWERS).fill(20));
      t.strictSame(await grantSeries(pool.url, 'connected'), Array(FOLLOWERS).fill(1));
      const isAcknowledged = async () =>
        (await grantSeries(pool.url, 'unacknowledged_events')).every((lag) => lag === 0);
      await eventually(isAcknowledged, 'all to be acknowledged', WAIT_MS);
    }
  });

  t.test('each worker reports what all of them have accepted of an entry', async (t) => {
    for (let i = 0; i < 4; i++) t.equal(await acceptedEvents(pool.url), 20);
  });

  t.test('each worker reports what all of them have counted of a party', async (t) => {
    for (let i = 0; i < 4; i++) {
      const wrong = { ...person(i), id: `wrong-${i}`, data: { key: `w${i}`, number: 'seven' } };
      t.match(await publishBatch(source(pool.url), [wrong]), [{ problem: { code: 'ITEM_INVALID' } }]);
    }
    for (let i = 0; i < 4; i++)
      await eventually(async () => (await quarantinedEvents(pool.url)) === 4, 'all to be counted', WAIT_MS);
  });

  t.test('promtool finds nothing to object to in what the workers expose together', needsPrometheus, async (t) => {
    for (const path of ['/metrics', '/metrics/grants']) {
      const { text } = await fresh(pool.url, path, { token: OPERATOR_TOKEN });
      t.match(text, '# TYPE sluice_', path);
      t.equal(await checkMetrics(text), '', path);
    }
  });

  t.test('a ticket of one worker opens one session at any worker', async (t) => {
    const tickets = await Promise.all(Array.from({ length: 4 }, () => takeTicket(pool.url)));
    for (const ticket of tickets) t.equal(await enter(pool.url, ticket), 'welcome');
    for (const ticket of tickets) t.equal(await enter(pool.url, ticket), '4401', 'a second time it is none');
  });

  t.test('a killed worker is replaced, and its sessions resume at others', async (t) => {
    const before = await pool.workers();
    const runs = followers.map((follower) => follower.runs.length);
    process.kill(before[0]!, 'SIGKILL');
    const results = await publishAll(pool.url, 20, 60);
    await untilSeen(followers, results.at(-1)!);
    const moved = followers.filter((follower, i) => follower.runs.length > runs[i]!).length;
    t.ok(moved > 0 && moved < FOLLOWERS, `${moved} of ${FOLLOWERS} sessions were on it`);
    for (const follower of followers) {
      const numbers = new Set(
        follower.runs.flatMap(({ subscription }) => subscription.events.map((e) => e.data?.number)),
      );
      t.equal(numbers.size, 60, 'nothing was lost');
      for (const { subscription, ackedBefore = 0 } of follower.runs)
        t.ok((subscription.events[0]?.position ?? Number.POSITIVE_INFINITY) > ackedBefore, 'nothing acked came again');
    }
    await eventually(async () => (await pool.workers()).length === 2, 'another worker', WAIT_MS);
    const delivered = await grantSeries(pool.url, 'delivered_events_total');
    t.ok(
      delivered.every((events) => events >= 20),
      `no counter fell with the worker: ${delivered}`,
    );
    t.ok((await acceptedEvents(pool.url)) >= 40, 'nor that of accepted events');
    t.notSame(await pool.workers(), before);
  });

  t.test('Ctrl-C drains all workers and leaves no process behind', async (t) => {
    await Promise.all(followers.map((follower) => follower.stop()));
    const closed = closeCode(pool.url);
    await closed.opened;
    pool.interrupt();
    t.equal(await closed.code, 1001);
    t.equal(await pool.exited(), 0);
    await eventually(async () => (await pool.all()).length === 0, 'every process to end', WAIT_MS);
  });
});

t.test(
  'when the first process is killed its workers drain and go; the next start goes on, and SIGTERM ends it with all workers',
  { timeout: 90_000 },
  async (t) => {
    const folder = await temporaryFolder(t);
    const pool = await WorkerPool.start(t, folder, 2);
    await applyBundle(pool.url, REGISTER_BUNDLE);
    const [stored] = await publishBatch(source(pool.url), [person(0)]);
    const closed = closeCode(pool.url);
    await closed.opened;
    const workers = await pool.workers();
    pool.kill('SIGKILL');
    t.equal(await closed.code, 1001, 'sessions end with the code that sends clients elsewhere');
    await eventually(() => workers.every((pid) => !isAlive(pid)), 'the workers to end', WAIT_MS);
    const next = await WorkerPool.start(t, folder, 2);
    const [again] = await publishBatch(source(next.url), [person(0)]);
    t.match(again, { position: stored!.position, duplicate: true }, 'what was stored is there');
    t.equal((await next.all()).length, 4, 'the first, two workers and the server');
    next.kill('SIGTERM');
    t.equal(await next.exited(), 0);
    t.same(await next.all(), []);
  },
);

async function publishAll(url: string, from: number, to: number): Promise<number[]> {
  const positions: number[] = [];
  for (const event of persons(from, to)) {
    // A call that a killed worker had in hand fails; the event's id makes a repetition harmless.
    await eventually(
      async () => {
        const [result] = await publishBatch(source(url), [event]).catch(() => []);
        if (result?.position !== undefined) positions.push(result.position);
        return result?.position !== undefined;
      },
      `event ${event.id} to be stored`,
      WAIT_MS,
    );
  }
  return positions;
}

async function takeTicket(url: string): Promise<string> {
  const { text } = await fresh(url, '/v1/tickets', { method: 'POST', token: 'reader-one-token-0123456789' });
  return (JSON.parse(text) as { ticket: string }).ticket;
}

/** The kind of the first frame, or the code that the socket was closed with. */
function enter(url: string, ticket: string): Promise<string> {
  const socket = new WebSocket(`${streamUrlOf(url)}?ticket=${ticket}`, ['sluice.v1.json']);
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', (code) => resolve(String(code)));
    socket.on('message', (data: Buffer) => {
      resolve((JSON.parse(data.toString()) as { kind: string }).kind);
      socket.terminate();
    });
  });
}

function closeCode(url: string): { opened: Promise<void>; code: Promise<number> } {
  const headers = { authorization: 'Bearer reader-one-token-0123456789' };
  const socket = new WebSocket(streamUrlOf(url), ['sluice.v1.json'], { headers });
  socket.on('error', () => undefined);
  return {
    opened: new Promise((resolve) => socket.once('message', () => resolve())),
    code: new Promise((resolve) => socket.once('close', resolve)),
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
