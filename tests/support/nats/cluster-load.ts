import type { Test } from 'tap';
import { Publisher } from '../../../client/publish/publisher.js';
import type { Published } from '../../../client/publish/publisher-options.js';
import { connectNode } from '../../../client/session/node-transport.js';
import type { Subprotocol } from '../../../proto/frames/frames.js';
import { eventually } from '../condition.js';
import type { RawAddress } from '../raw-client/raw-client.js';
import { RawFollower } from '../raw-client/raw-follower.js';
import { RawLink } from '../raw-client/raw-link.js';
import {
  entryIndexes,
  entryOf,
  grantIds,
  NOT_OF_THE_LOAD,
  numbered,
  readerOf,
  sourceOf,
  tokenOf,
} from './cluster-bus.js';

const QUICK = { firstDelayMs: 50, delayMsMax: 500 };
/** Between two events of one source: steady, and light enough for a machine that runs three servers and two brokers. */
const EVENT_INTERVAL_MS = 10;
/** An election, and the time until what waited for it is through. */
const SETTLE_MS = 60_000;
const ENCODINGS = ['sluice.v1.json', 'sluice.v1.msgpack', 'sluice.v1.protobuf'] as const;

/** Brokers with the bundle of `cluster-bus.ts`: each time `nextUrl` is read it may be another one's. */
export interface LoadedBus {
  readonly nextUrl: string;
  /** Address of a session that asks for the next broker each time it is opened. */
  address(token: string, encoding?: Subprotocol): RawAddress;
}

/** Sources that publish and systems that follow, spread over all brokers of a bus, whatever happens to those. */
export class ClusterLoad {
  /** Per source: number of the event → where it was said to be; of a duplicate that is not always its own place. */
  readonly stored = entryIndexes.map(() => new Map<number, Published>());
  readonly #followers: RawFollower[];
  readonly #publishers: Publisher[];
  readonly #answers: Promise<unknown>[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #stop = new AbortController();
  readonly #publisherStates: unknown[] = [];
  #nextNumber = 1;

  constructor(
    t: Test,
    private readonly bus: LoadedBus,
    eventIntervalMs = EVENT_INTERVAL_MS,
  ) {
    this.#followers = grantIds.map((grant, i) => this.#follow(grant, i));
    this.#publishers = entryIndexes.map((source) => this.#publisher(source));
    this.#timer = setInterval(() => this.#publishAll(), eventIntervalMs);
    t.teardown(async () => {
      clearInterval(this.#timer);
      this.#stop.abort();
      await Promise.all(this.#followers.map((follower) => follower.stop()));
    });
  }

  get storedCount(): number {
    return this.stored.reduce((sum, positions) => sum + positions.size, 0);
  }

  /** Resolves when so many more events of every source are acknowledged. */
  async untilMore(events: number): Promise<void> {
    const wanted = this.stored.map((positions) => positions.size + events);
    const isThere = () => this.stored.every((positions, source) => positions.size >= wanted[source]!);
    await eventually(isThere, `${events} more events of every source`, SETTLE_MS).catch((error: Error) => {
      const stored = this.stored.map((positions) => positions.size);
      const state = JSON.stringify({ wanted, stored, given: this.#nextNumber - 1, publishers: this.#publisherStates });
      throw new Error(`${error.message}: ${state}`);
    });
  }

  /** Publishes no more; resolves when all is acknowledged and every follower has seen its last event. */
  async settle(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#answers);
    await Promise.all(this.#publishers.map((publisher) => publisher.close()));
    for (const [i, follower] of this.#followers.entries()) {
      const last = Math.max(...this.#storedOf(i).keys());
      const sawLast = () => follower.saw(({ data }) => Number(data?.number) === last);
      await follower.until(
        sawLast,
        () => `event ${last} on ${grantIds[i]}, ${JSON.stringify(stateOf(follower))}`,
        SETTLE_MS,
      );
    }
  }

  check(t: Test): void {
    for (const source of entryIndexes) this.#checkSource(t, source);
    for (const [i, follower] of this.#followers.entries()) this.#checkFollower(t, i, follower);
  }

  /** That no log has started another epoch since the load began. */
  checkEpochs(t: Test): void {
    for (const [i, { runs }] of this.#followers.entries()) {
      const epochs = new Set(runs.map(({ subscription }) => subscription.subscribed.log));
      t.equal(epochs.size, 1, `${grantIds[i]}: one log epoch in ${runs.length} runs`);
    }
  }

  #checkSource(t: Test, source: number): void {
    t.equal(this.stored[source]!.size, this.#nextNumber - 1, `every event of ${sourceOf(source)} was acknowledged`);
  }

  #checkFollower(t: Test, i: number, follower: RawFollower): void {
    const grant = grantIds[i];
    for (const { subscription, ackedBefore = 0 } of follower.runs) {
      const positions = subscription.events.map(({ position }) => position);
      if (!isAscending(positions)) t.fail(`${grant}: a run is out of order`);
      if (positions[0] !== undefined && positions[0] <= ackedBefore)
        t.fail(
          `${grant}: ${positions[0]} came again though ${ackedBefore} was acked, after ${subscription.subscribed.position}`,
        );
      if (subscription.breaches.length > 0) t.fail(`${grant}: ${subscription.breaches.join(', ')}`);
    }
    const placed = positionsOf(follower);
    const numbers = placed.map(({ number }) => number);
    const wanted = [...this.#storedOf(i).keys()].sort((a, b) => a - b);
    const what = `${grant}: every event once, in the order of its source, in ${follower.runs.length} runs`;
    t.same(inRuns(numbers), inRuns(wanted), what);
    const moved = placed.filter(({ number, position }) => {
      const published = this.#storedOf(i).get(number);
      return published && !published.duplicate && published.position !== position;
    });
    t.same(moved, [], `${grant}: where it was acknowledged`);
    t.notOk(follower.refusals.includes('SUPERSEDED'), `${grant} was not taken over by itself`);
  }

  #storedOf(grant: number): Map<number, Published> {
    return this.stored[entryIndexes.findIndex((source) => entryOf(source) === entryOf(grant))]!;
  }

  #follow(grant: string, i: number): RawFollower {
    const follower = new RawFollower({
      link: new RawLink(this.bus.address(tokenOf(readerOf(i)), ENCODINGS[i % ENCODINGS.length])),
      grant,
      cursor: 'work',
      from: 'earliest',
      ackPolicy: { credit: 500, every: 1 + i * 7, delayMs: i % 2 === 0 ? undefined : 20 },
      resume: 'cursor',
      cutAfter: [],
    });
    follower.start();
    return follower;
  }

  /** Each attempt to connect goes to the next broker. */
  #publisher(source: number): Publisher {
    return new Publisher({
      url: this.bus.nextUrl,
      token: tokenOf(sourceOf(source)),
      reconnect: QUICK,
      signal: this.#stop.signal,
      onState: (state) => {
        const reason = state.kind === 'waiting' ? state.error.message : state.session;
        this.#publisherStates[source] = `${new Date().toISOString()} ${state.kind} ${reason}`;
      },
      connect: (target, handlers) => {
        const { host } = new URL(this.bus.nextUrl);
        return connectNode({ ...target, url: target.url.replace(/\/\/[^/]+/, `//${host}`) }, handlers);
      },
    });
  }

  #publishAll(): void {
    const number = this.#nextNumber++;
    for (const [source, publisher] of this.#publishers.entries()) {
      const answer = publisher
        .publish(numbered(source, number))
        .then((published) => this.stored[source]!.set(number, published));
      // Only of interest while it is awaited: a test that fails stops its publishers.
      answer.catch(() => undefined);
      this.#answers.push(answer);
    }
  }
}

/** Events of the load by position, each place once however often it was delivered. */
function positionsOf(follower: RawFollower): { position: number; number: number }[] {
  const positions = new Map<number, number>();
  for (const { subscription } of follower.runs)
    for (const { position, data } of subscription.events) positions.set(position, Number(data?.number));
  return [...positions]
    .map(([position, number]) => ({ position, number }))
    .filter(({ number }) => number < NOT_OF_THE_LOAD)
    .sort((a, b) => a.position - b.position);
}

/** `1-3` for one, two and three: what is missing or came out of order is seen at a glance. */
function inRuns(numbers: number[]): string[] {
  const runs: { first: number; last: number }[] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run?.last === number - 1) run.last = number;
    else runs.push({ first: number, last: number });
  }
  return runs.map(({ first, last }) => `${first}-${last}`);
}

const isAscending = (numbers: number[]): boolean => numbers.every((n, i) => i === 0 || n > numbers[i - 1]!);

const stateOf = (follower: RawFollower) => ({
  runs: follower.runs.length,
  seen: follower.eventsSeen,
  ended: follower.current?.subscription.ended,
  refusals: follower.refusals,
});
