import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type AcceptedEvent, expectedEvents } from '../../../broker/leak-check/allowed/allowed-events.js';
import { processesWithArgument } from '../../../broker/nats/server/process-list.js';
import { judge } from '../../oracle/judge.js';
import { SHARED_SECRET } from '../../support/broker/broker.js';
import { type BrokerProcess, spawnBroker } from '../../support/broker/broker-process.js';
import { eventually } from '../../support/condition.js';
import { temporaryFolder } from '../../support/nats/nats.js';
import { changingAddress } from '../../support/raw-client/raw-client.js';
import { type FollowerOptions, RawFollower } from '../../support/raw-client/raw-follower.js';
import {
  applyBundle,
  CallFailedError,
  call,
  type HttpAddress,
  publishBatch,
} from '../../support/raw-client/raw-http.js';
import { RawLink } from '../../support/raw-client/raw-link.js';
import type { SeededRandom } from '../../support/seeded-random.js';
import { KILL_BUNDLE, KILL_ENTRY, KILL_GRANTS, KILL_TOKENS } from './kill-bundle.js';
import { SteadySource } from './steady-source.js';

/** Until the bus is ready again after a kill, and until everybody has everything, on a busy machine. */
const RECOVERY_MS = 60_000;

const EVENTS_BETWEEN_MAX = 800;

type FollowerSpec = Pick<FollowerOptions, 'ackPolicy' | 'resume'> & {
  grant: keyof typeof KILL_GRANTS;
  encoding: 'sluice.v1.json' | 'sluice.v1.msgpack' | 'sluice.v1.protobuf';
};

const FOLLOWERS: FollowerSpec[] = [
  {
    grant: 'all',
    encoding: 'sluice.v1.json',
    ackPolicy: { credit: 1000, every: 50, delayMs: undefined },
    resume: 'cursor',
  },
  { grant: 'north', encoding: 'sluice.v1.msgpack', ackPolicy: { credit: 100, every: 1, delayMs: 3 }, resume: 'cursor' },
  {
    grant: 'veiled',
    encoding: 'sluice.v1.protobuf',
    ackPolicy: { credit: 50, every: 20, delayMs: 0 },
    resume: 'cursor',
  },
  {
    grant: 'north',
    encoding: 'sluice.v1.json',
    ackPolicy: { credit: 1000, every: 7, delayMs: undefined },
    resume: 'position',
  },
];

/** Kills broker and nats-server while events are published and streamed, then compares what everybody has. */
export async function surviveKills(t: Test, options: { kills: number; random: SeededRandom }): Promise<void> {
  const run = await KillRun.start(t, options.random);
  for (let kill = 0; kill < options.kills; kill++) await run.killSomething();
  await run.finish();
}

const END = { specversion: '1.0', id: 'end', op: 'snapshot_end', snapshotid: 'end' } as const;

async function isStored(source: HttpAddress): Promise<boolean> {
  try {
    const [result] = await publishBatch(source, [{ ...END, type: KILL_ENTRY.id }]);
    return result?.position !== undefined;
  } catch (error) {
    if (error instanceof CallFailedError && error.answer.status === 503) return false;
    throw error;
  }
}

class KillRun {
  readonly #source: SteadySource;
  readonly #followers: RawFollower[];
  #victims: ('broker' | 'nats-server')[] = [];

  private constructor(
    private readonly t: Test,
    private readonly folder: string,
    private broker: BrokerProcess,
    private readonly random: SeededRandom,
  ) {
    const url = () => this.broker.url;
    this.#source = new SteadySource(url, random);
    this.#followers = FOLLOWERS.map((spec, index) => follower(spec, index, url));
    this.#source.start();
    for (const one of this.#followers) one.start();
  }

  static async start(t: Test, random: SeededRandom): Promise<KillRun> {
    const folder = await temporaryFolder(t);
    const broker = await spawnBroker(t, folder);
    await applyBundle({ url: broker.url, token: broker.operatorToken }, KILL_BUNDLE);
    return new KillRun(t, folder, broker, random);
  }

  /** At a random moment of a running bus; resolves when the bus is ready again. */
  async killSomething(): Promise<void> {
    const due = this.#source.acknowledged.length + this.random.between(1, EVENTS_BETWEEN_MAX);
    await eventually(() => this.#source.acknowledged.length >= due, 'events to be acknowledged', RECOVERY_MS);
    await new Promise((resolve) => setTimeout(resolve, this.random.between(0, 50)));
    const victim = this.#nextVictim();
    this.t.comment(`kill -9 ${victim} after ${this.#source.acknowledged.length} events`);
    if (victim === 'broker') {
      await this.broker.kill();
      this.broker = await spawnBroker(this.t, this.folder);
    } else await this.#killServer();
    await eventually(() => this.#isReady(), 'the bus to be ready again', RECOVERY_MS);
  }

  /** Of two kills in a row each hits another, in random order. */
  #nextVictim(): 'broker' | 'nats-server' {
    const brokerFirst = this.random.chance(0.5);
    if (this.#victims.length === 0) this.#victims = brokerFirst ? ['nats-server', 'broker'] : ['broker', 'nats-server'];
    return this.#victims.pop() as 'broker' | 'nats-server';
  }

  async finish(): Promise<void> {
    const { t } = this;
    await this.#source.stop();
    const source = { url: this.broker.url, token: KILL_TOKENS.source };
    // The last kill may still be felt: a retry of the same id is stored once.
    await eventually(() => isStored(source), 'the end is stored', RECOVERY_MS);
    for (const one of this.#followers) {
      const hasEnd = () => one.saw((event) => event.snapshotid === END.snapshotid);
      await one.until(hasEnd, () => `the end on ${one.options.grant}, after ${one.eventsSeen} events`, RECOVERY_MS);
      await one.stop();
      await one.options.link.close();
    }
    t.strictSame(this.#source.wrong, [], 'nothing was refused for good');
    t.ok(this.#source.retries > 0, `the source had to send again ${this.#source.retries} times`);
    await this.#compare(await this.#log(source.url));
  }

  /** The whole log as a newcomer reads it. */
  async #log(url: string): Promise<RawFollower> {
    const newcomer = follower({ ...(FOLLOWERS[0] as FollowerSpec) }, FOLLOWERS.length, () => url);
    newcomer.start();
    await newcomer.until(
      () => newcomer.saw((event) => event.snapshotid === END.snapshotid),
      () => 'the end of the log',
      RECOVERY_MS,
    );
    await newcomer.stop();
    await newcomer.options.link.close();
    return newcomer;
  }

  async #compare(newcomer: RawFollower): Promise<void> {
    const { t } = this;
    const log = newcomer.runs.flatMap(({ subscription }) => subscription.events);
    const acknowledged = this.#source.inOrder();
    const stored = log.slice(0, -1);
    t.equal(stored.length, acknowledged.length, 'every acknowledged event is there, once, and nothing else');
    const moved = acknowledged.find(
      ({ position }, index) => (position ?? stored[index]?.position) !== stored[index]?.position,
    );
    t.equal(moved, undefined, 'at the position that was answered');
    const accepted: AcceptedEvent[] = log.map(({ position }, index) => ({
      position,
      event: acknowledged[index]?.event ?? { ...END, type: KILL_ENTRY.id },
    }));
    const times = new Map(log.map(({ position, time }) => [position, time]));
    for (const one of [newcomer, ...this.#followers]) {
      const grant = Object.values(KILL_GRANTS).find(
        ({ id }) => id === one.options.grant,
      ) as (typeof KILL_GRANTS)['all'];
      const findings = judge(one.runs, {
        events: expectedEvents(accepted, { grant, versions: [KILL_ENTRY], secret: SHARED_SECRET }),
        timeAt: (position) => times.get(position),
        historyFromMs: undefined,
        untilMs: undefined,
        latestFloor: 0,
      });
      t.strictSame(findings, [], `${grant.id}: ${one.eventsSeen} events in ${one.runs.length} runs`);
    }
  }

  /** The broker starts it again by itself. */
  async #killServer(): Promise<void> {
    const servers = await processesWithArgument(join(await realpath(this.folder), 'nats', 'nats-server.conf'));
    for (const { pid } of servers) process.kill(pid, 'SIGKILL');
    if (servers.length === 0) throw new Error('there is no nats-server to kill');
  }

  async #isReady(): Promise<boolean> {
    const answer = await call({ url: this.broker.url, token: '' }, 'GET', '/readyz').catch(() => undefined);
    return answer?.status === 200;
  }
}

/** `url` is asked at each opening: a broker that was killed comes back at another port. */
function follower({ grant, encoding, ackPolicy, resume }: FollowerSpec, index: number, url: () => string): RawFollower {
  return new RawFollower({
    link: new RawLink(changingAddress(url, { token: KILL_TOKENS.reader, encoding })),
    grant: KILL_GRANTS[grant].id,
    cursor: `follower-${index}`,
    from: 'earliest',
    ackPolicy,
    resume,
    cutAfter: [],
  });
}
