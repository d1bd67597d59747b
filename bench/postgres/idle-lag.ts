import pg from 'pg';
import { Subscriber } from '../../client/subscribe/subscriber.js';
import { Histogram, type Percentiles } from '../harness/histogram.js';
import { pause, waitUntil } from '../harness/wait-until.js';
import { insertStatement } from './source-table.js';

const CHANGES = 200;
/** Each change meets an idle connector, at another phase of any timer that there may be. */
const PAUSE_MS_MIN = 10;
const PAUSE_MS_MAX = 35;
const ARRIVAL_MS_MAX = 20_000;

export interface IdleLagOrder {
  /** Connection string of the source. */
  database: string;
  subscription: { url: string; token: string; grant: string };
}

/** Milliseconds from the answer to a COMMIT until its event is at a subscriber, one row at a time on a bus that is idle otherwise. */
export async function idleLag({ database, subscription }: IdleLagOrder): Promise<Percentiles> {
  const stop = new AbortController();
  const arrivals = new Map<string, number>();
  const reading = receive(subscription, stop.signal, (subject) => arrivals.set(subject, performance.now()));
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  const lag = new Histogram();
  try {
    // A commit that is not flushed is sent when PostgreSQL gets around to it: up to 200 ms that say nothing of the connector.
    await client.query('SET synchronous_commit = on');
    let first = 0;
    // The subscription sees nothing of what came before it was open.
    await waitUntil('the first arrival', ARRIVAL_MS_MAX, async () => {
      await client.query(insertStatement(`'first-${first++}'`));
      await pause(PAUSE_MS_MAX);
      return arrivals.size > 0;
    });
    for (let i = 0; i < CHANGES; i++) {
      const subject = `idle-${i}`;
      await client.query(insertStatement(`'${subject}'`));
      const committedAt = performance.now();
      await waitUntil(`arrival of ${subject}`, ARRIVAL_MS_MAX, () => arrivals.has(subject));
      lag.record(Math.max(0, arrivals.get(subject)! - committedAt) * 1000);
      await pause(PAUSE_MS_MIN + Math.random() * (PAUSE_MS_MAX - PAUSE_MS_MIN));
    }
  } finally {
    stop.abort();
    await client.end();
    await reading;
  }
  return lag.percentiles();
}

async function receive(
  subscription: IdleLagOrder['subscription'],
  signal: AbortSignal,
  arrived: (subject: string) => void,
): Promise<void> {
  const subscriber = new Subscriber({ ...subscription, encoding: 'sluice.v1.protobuf', from: 'latest', signal });
  for await (const { event } of subscriber) if (event.subject !== undefined) arrived(event.subject);
}
