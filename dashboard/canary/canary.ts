import type { Logger } from 'pino';
import { BusApi } from '../../client/bus-api.js';
import { ClientError } from '../../client/errors.js';
import { pause } from '../../client/pause.js';
import { publishBatch } from '../../client/publish/batch-publisher.js';
import { SerialQueue } from '../../proto/async/serial-queue.js';
import { operatorReports } from '../../proto/async/spaced-reports.js';
import { canaryGrantId } from '../../proto/canary.js';
import type { GrantDocument, StopScope } from '../../proto/entry/grant.js';
import type { DeliveredEvent } from '../../proto/event/event.js';
import { BusSearch } from './bus-search.js';
import type { CanaryMetrics, CanaryTransport, RoundOutcome } from './canary-metrics.js';
import { type CanaryRound, hiddenEvent, isWhole, refusedEvent, shownEvent } from './canary-record.js';
import type { CanaryTokens } from './data-folder.js';
import { GrantFollowers, type RunWebhook } from './followers/follow-grant.js';
import { WebhookReceiver } from './followers/webhook-receiver.js';
import { LeakWatch } from './leak-watch.js';
import { Rounds } from './rounds.js';
import { searchedFetch } from './searched-fetch.js';
import { HourlySecrets } from './secrets.js';

export interface CanaryOptions {
  url: string;
  tokens: CanaryTokens;
  /** Name of this canary; its cursors are called after it. */
  name: string;
  /** From the beginning of a round to that of the next. */
  intervalMs: number;
  /** A record that has not arrived after this time was missed. */
  roundMs: number;
  auditToken: string | undefined;
  logFiles: readonly string[];
  metrics: CanaryMetrics;
  log: Logger;
  runWebhook: RunWebhook;
  signal: AbortSignal;
}

/** A follower that lost its connection begins again within a quarter of the interval, and at most after this time. */
const RETRY_MS_MAX = 10_000;
const PAGES_AT_ONCE = 2;

type ShownGrant = GrantDocument & { stopped?: StopScope };

/** Status of each grant by partition, `stopped` where a stop stands on it; undefined when the bus did not say. */
type Statuses = ReadonlyMap<number, string | undefined> | undefined;
/** As the bus answers a token that it does not know: nothing is owed to this canary. */
const NOBODY: Statuses = new Map();

/**
 * Publishes a round of synthetic events at every interval, follows them over every transport, and looks for secrets in all
 * that comes back. Resolves when the signal aborts.
 *
 * A round that does not arrive is an outage, unless nothing was owed: a grant that somebody has suspended or stopped, before or
 * during the round, or tokens that the bus does not know any more. Both are logged, and neither counts. See
 * docs/decisions/0121.
 */
export async function runCanary(options: CanaryOptions): Promise<void> {
  const canary = new Canary(options);
  await canary.run();
}

class Canary {
  readonly #secrets = new HourlySecrets();
  readonly #watch: LeakWatch;
  readonly #rounds: Rounds;
  readonly #search: BusSearch;
  readonly #grants: BusApi;
  readonly #followers = new Map<number, GrantFollowers>();
  #number = 0;
  #refusedSecret = '';
  #before: Statuses;
  /** Position of the last event of each partition. */
  readonly #positions = new Map<number, number>();
  #paused = '';
  readonly #pages = Array.from({ length: PAGES_AT_ONCE }, () => new SerialQueue());
  #isSourceRefused = false;
  readonly #publishing: typeof fetch;
  readonly #reports = operatorReports(() => performance.now());

  constructor(private readonly options: CanaryOptions) {
    const { metrics, log, url, tokens } = options;
    this.#watch = new LeakWatch(this.#secrets, metrics, log);
    this.#rounds = new Rounds(metrics);
    this.#publishing = searchedFetch(this.#watch.forSource(), 'errors', 'results');
    this.#grants = new BusApi({ url, token: tokens.follower, fetch: searchedFetch(this.#watch, 'stream', 'grants') });
    this.#search = new BusSearch({
      ...options,
      sourceToken: tokens.source,
      followerToken: tokens.follower,
      watch: this.#watch,
    });
  }

  async run(): Promise<void> {
    const { signal, intervalMs } = this.options;
    const receiver = await WebhookReceiver.open(
      (_grant, bytes) => this.#watch.stream('stream', 'webhook')(bytes),
      (grant, event) => this.#arrived('webhook', partitionOf(grant), event),
    );
    try {
      while (!signal.aborted) {
        const startedMs = performance.now();
        await this.#round(receiver);
        await pause(Math.max(0, intervalMs - (performance.now() - startedMs)), signal);
      }
    } finally {
      await Promise.all([...this.#followers.values()].map(({ ended }) => ended));
      await receiver.close();
    }
  }

  async #round(receiver: WebhookReceiver): Promise<void> {
    const { metrics, log, signal, roundMs } = this.options;
    const before = await this.#statuses();
    // A bus that does not answer has a first partition, whose rounds are missed.
    for (const partition of before?.keys() ?? [0]) this.#follow(partition, receiver);
    await this.#publish([...this.#followers.keys()]);
    const isOwed = !this.#isSourceRefused && (!before || [...before.values()].includes('in_force'));
    await this.#rounds.allArrived(isOwed ? roundMs : 0, signal);
    if (signal.aborted) return;
    const after = this.#rounds.isWaiting ? await this.#statuses() : before;
    const known = this.#isSourceRefused ? [NOBODY] : [this.#before, before, after];
    const missed = this.#rounds.end((partition) => outcomeOf(partition, known));
    for (const one of missed) log.warn(one, 'a round of the canary was not delivered in time');
    if (missed.length === 0) await this.#readBack(after);
    this.#before = after;
    this.#showPauses(this.#isSourceRefused ? NOBODY : after);
    await this.#search.run();
    metrics.roundEnded(Date.now());
  }

  /** Undefined when the bus does not answer; empty when it refuses the token, which somebody has renewed. */
  async #statuses(): Promise<Statuses> {
    const { signal } = this.options;
    try {
      const { grants } = await this.#grants.json<{ grants: ShownGrant[] }>('/v1/grants', { signal });
      return new Map(grants.map(({ id, status, stopped }) => [partitionOf(id), stopped ? 'stopped' : status]));
    } catch (error) {
      return error instanceof ClientError && error.code === 'NOT_AUTHENTICATED' ? NOBODY : undefined;
    }
  }

  #follow(partition: number, receiver: WebhookReceiver): void {
    if (this.#followers.has(partition)) return;
    const { name, tokens, intervalMs } = this.options;
    const followers = new GrantFollowers({
      ...this.options,
      receiver,
      canary: name,
      token: tokens.follower,
      grant: canaryGrantId(partition),
      watch: this.#watch,
      pages: this.#pages[partition % PAGES_AT_ONCE] as SerialQueue,
      retryMs: Math.min(intervalMs / 4, RETRY_MS_MAX),
      onEvent: (transport, event) => this.#arrived(transport, partition, event),
    });
    this.#followers.set(partition, followers);
  }

  /** One partition in each round: other code of the bus makes frames of what was accepted before. */
  async #readBack(statuses: Statuses): Promise<void> {
    const { log, signal } = this.options;
    const partitions = [...this.#followers.keys()];
    const partition = partitions[this.#number % partitions.length];
    if (partition === undefined || statuses?.get(partition) !== 'in_force') return;
    const position = this.#positions.get(partition);
    if (position === undefined) return;
    try {
      const events = await this.#followers.get(partition)?.readBack(position - 1);
      if (events === 0 && !signal.aborted) log.warn({ partition }, 'the canary reads back nothing of what it received');
    } catch (error) {
      const code = error instanceof ClientError ? error.code : (error as Error).name;
      log.warn({ partition, code }, 'the canary cannot read back what it received');
    }
  }

  #arrived(transport: CanaryTransport, partition: number, event: DeliveredEvent): void {
    this.#watch.delivered(transport, partition, event);
    if (!isWhole(event)) {
      this.#reports.add(transport, () =>
        this.options.log.warn({ transport }, 'an event of the canary lacks items that are granted'),
      );
      return;
    }
    this.#positions.set(partition, Number(event.position));
    this.#rounds.arrived(transport, partition, event.data?.round, performance.now());
  }

  /** The first round begins when the followers do, and they start at the end of the log: it is published and not counted. */
  async #publish(partitions: readonly number[]): Promise<void> {
    const { url, tokens, name, signal, log } = this.options;
    const number = this.#number++;
    const sent = partitions.map((partition) => this.#sent(partition, number));
    if (number > 0) for (const { round, partition } of sent) this.#rounds.begin(round, partition, performance.now());
    const events = sent.flatMap((one) => [shownEvent(name, one), hiddenEvent(one)]);
    try {
      if (events.length === 0) return;
      const bodies = events.map((event) => JSON.stringify(event));
      const results = await publishBatch(bodies, {
        url,
        token: tokens.source,
        atomic: false,
        signal,
        fetch: this.#publishing,
      });
      this.#isSourceRefused = false;
      const refused = results.find(({ problem }) => problem)?.problem;
      if (refused) log.warn({ code: refused.code }, 'the bus refuses events of the canary');
      await this.#refuse(sent[0]);
    } catch (error) {
      const code = error instanceof ClientError ? error.code : (error as Error).name;
      this.#isSourceRefused = code === 'NOT_AUTHENTICATED';
      if (!signal.aborted) log.warn({ code }, 'the canary cannot publish');
    }
    for (const followers of this.#followers.values()) followers.published();
  }

  /** Once for each secret, because the bus keeps what it refuses for its source. */
  async #refuse(sent: CanaryRound | undefined): Promise<void> {
    if (!sent || sent.secret.value === this.#refusedSecret) return;
    this.#refusedSecret = sent.secret.value;
    await this.#search.refusals(refusedEvent(sent));
  }

  #sent(partition: number, number: number): CanaryRound {
    const sentAtMs = Date.now();
    return { round: `${this.options.name}.${number}`, partition, sentAtMs, secret: this.#secrets.at(sentAtMs) };
  }

  /** Says once what keeps the canary from judging, and once that it is over. */
  #showPauses(statuses: Statuses): void {
    const { metrics, log } = this.options;
    if (!statuses) return;
    const suspended = [...statuses].filter(([, status]) => status !== 'in_force').map(([partition]) => partition);
    const areReplaced = statuses.size === 0;
    metrics.paused('suspended', suspended.length > 0);
    metrics.paused('tokens', areReplaced);
    const paused = areReplaced ? 'tokens' : suspended.join(' ');
    if (paused === this.#paused) return;
    this.#paused = paused;
    if (areReplaced)
      log.warn(
        'the bus does not know the tokens of the canary: another canary has newer ones, or they are of another bus',
      );
    else if (suspended.length > 0)
      log.warn({ partitions: suspended }, 'grants of the canary are suspended or stopped: no outage');
    else log.info('the canary judges the bus again');
  }
}

/**
 * Nothing is owed while a grant is not in force, and in the round after that, in which followers begin again; nor to a
 * canary whose tokens belong to another one.
 */
function outcomeOf(partition: number, known: readonly Statuses[]): RoundOutcome {
  const isOwed = known.every((statuses) => statuses === undefined || statuses.get(partition) === 'in_force');
  return isOwed ? 'missed' : 'suspended';
}

const partitionOf = (grant: string): number => Number(grant.slice(grant.lastIndexOf('-') + 1));
