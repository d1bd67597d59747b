import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { GapError } from '../../../client/errors.js';
import { pause } from '../../../client/pause.js';
import { Publisher } from '../../../client/publish/publisher.js';
import { Subscriber } from '../../../client/subscribe/subscriber.js';
import type { From } from '../../../proto/frames/frames.js';
import { applyBundle, OPERATOR_TOKEN } from '../../support/broker/broker.js';
import { eventually } from '../../support/condition.js';
import {
  CLUSTER_BUNDLE,
  entryIndexes,
  entryOf,
  grantIds,
  numbered,
  readerOf,
  sourceOf,
  tokenOf,
} from '../../support/nats/cluster-bus.js';
import { temporaryFolder } from '../../support/nats/nats.js';
import { documented, Installation } from './installation.js';
import { OperatedBus } from './operated-bus.js';

const SOAK_MS_MAX = 900_000;
const WAIT_MS = 120_000;
const EVENTS_BETWEEN = 300;
const EVENT_INTERVAL_MS = 5;
const YAML = 'partitions: 3\nheartbeatMs: 1000\n';
const SUSPENDED = 5;

t.setTimeout(SOAK_MS_MAX);

/** Numbers its changes; made anew it goes back to the number that it is given, with the ids and positions of then. */
class NumberedSource {
  readonly #publisher: Publisher;
  /** Highest number such that it and all before it are acknowledged. */
  acknowledged: number;
  #isSending = true;
  readonly #loop: Promise<void>;

  constructor(
    url: string,
    private readonly source: number,
    public last: number,
  ) {
    this.acknowledged = last;
    this.#publisher = new Publisher({ url, token: tokenOf(sourceOf(source)) });
    this.#loop = this.#publishOn();
  }

  async end(): Promise<void> {
    this.#isSending = false;
    await this.#loop;
    await this.#publisher.close();
  }

  async #publishOn(): Promise<void> {
    while (this.#isSending) {
      const number = ++this.last;
      const stored = this.#publisher.publish(numbered(this.source, number));
      stored.then(() => (this.acknowledged = number)).catch(() => undefined);
      await pause(EVENT_INTERVAL_MS, new AbortController().signal);
    }
  }
}

/** Keeps what it is sent; when the log has another epoch it begins again from the earliest position. */
class Department {
  readonly numbers: number[] = [];
  gaps = 0;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;

  constructor(
    t: Test,
    private readonly url: string,
    private readonly grant: number,
  ) {
    this.#loop = this.#follow();
    t.teardown(() => this.stop());
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #follow(): Promise<void> {
    for (let from: From = 'cursor'; !this.#stop.signal.aborted; from = 'earliest') {
      const subscriber = new Subscriber({
        url: this.url,
        token: tokenOf(readerOf(this.grant)),
        grant: grantIds[this.grant] as string,
        from,
        signal: this.#stop.signal,
      });
      try {
        for await (const { events } of subscriber.batches())
          this.numbers.push(...events.map(({ data }) => Number(data?.number)));
      } catch (error) {
        if (!(error instanceof GapError)) throw error;
        this.gaps++;
        this.numbers.length = 0;
      }
    }
  }
}

const numberedFrom = (url: string, numbers: readonly number[]): NumberedSource[] =>
  entryIndexes.map((source) => new NumberedSource(url, source, numbers[source] as number));

async function untilMore(sources: readonly NumberedSource[], least: readonly number[] = []): Promise<void> {
  const wanted = sources.map(({ acknowledged }, i) => Math.max(acknowledged, least[i] ?? 0) + EVENTS_BETWEEN);
  await eventually(() => sources.every((s, i) => s.acknowledged >= wanted[i]!), `events ${wanted}`, WAIT_MS);
}

/** Resolves with the numbers up to which the sources were sure when the copy began. */
async function backUp(
  t: Test,
  version: Installation,
  home: string,
  backup: string,
  sources: readonly NumberedSource[],
): Promise<number[]> {
  const atCopy = sources.map(({ acknowledged }) => acknowledged);
  const copied = await version.run(
    await documented('sluice store copy --from /var/lib/sluice --to /backup/2026-11-28', {
      '/var/lib/sluice': home,
      '/backup/2026-11-28': backup,
    }),
  );
  t.equal(copied.exitCode, 0, copied.err);
  t.match(copied.err, 'SLUICE_RESTORED=1', 'that it is a backup is said');
  return atCopy;
}

/** The first start prints the acts since the copy and serves nothing; confirmed, they are in force again. */
async function startRestored(t: Test, version: Installation, bus: OperatedBus): Promise<void> {
  const grant = grantIds[SUSPENDED] as string;
  const refusal = String(await bus.start(0, version, YAML, { SLUICE_RESTORED: '1' }).catch((error) => error));
  t.match(refusal, `grant ${grant}: suspended`);
  const [, code = ''] = /SLUICE_CONFIRM_ENDED=(\w+)/.exec(refusal) ?? [];
  await bus.start(0, version, YAML, { SLUICE_RESTORED: '1', SLUICE_CONFIRM_ENDED: code });
  const shown = await version.run(['grants', 'show', grant], { SLUICE_URL: bus.nextUrl, SLUICE_TOKEN: OPERATOR_TOKEN });
  t.match(shown.out, 'suspended', 'what had ended has ended again');
}

t.test('a backup of the running bus is restored: subscribers begin again and end with what sources hold', async (t) => {
  t.setTimeout(SOAK_MS_MAX);
  const bus = await OperatedBus.create(t, 1);
  const version = new Installation();
  await bus.start(0, version, YAML);
  const url = bus.nextUrl;
  await applyBundle(url, CLUSTER_BUNDLE);
  const first = numberedFrom(url, [0, 0, 0]);
  const departments = entryIndexes.map((grant) => new Department(t, url, grant));
  await untilMore(first);
  const home = bus.dataFolder();
  const backup = join(await temporaryFolder(t), 'backup');
  const atCopy = await backUp(t, version, home, backup, first);
  await untilMore(first);
  const reason = ['--reason', 'a leaked list'];
  const operator = { SLUICE_URL: url, SLUICE_TOKEN: OPERATOR_TOKEN };
  const suspended = await version.run(['grants', 'suspend', grantIds[SUSPENDED] as string, ...reason], operator);
  t.equal(suspended.exitCode, 0, suspended.err);
  await Promise.all(first.map((source) => source.end()));

  await bus.stop();
  await rename(home, `${home}.lost`);
  await rename(backup, home);
  await startRestored(t, version, bus);
  const again = numberedFrom(url, atCopy);
  const before = first.map(({ last }) => last);
  await untilMore(again, before);
  await Promise.all(again.map((source) => source.end()));

  for (const [i, { last }] of again.entries()) {
    const department = departments[i]!;
    t.comment(`${entryOf(i)}: ${atCopy[i]} before the copy, ${before[i]} before the restore, ${last} in the end`);
    await eventually(() => department.numbers.at(-1) === last, `${last}, not ${department.numbers.at(-1)}`, WAIT_MS);
    const wanted = Array.from({ length: last }, (_, n) => n + 1);
    t.same(department.numbers, wanted, `${entryOf(i)}: everything that the source holds, once`);
    t.equal(department.gaps, 1, `${entryOf(i)}: the subscriber ended with POSITION_GONE once`);
  }
});
