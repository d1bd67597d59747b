import type { Logger } from 'pino';
import { BusApi } from '../../client/bus-api.js';
import { ClientError } from '../../client/errors.js';
import { pause } from '../../client/pause.js';
import { publishBatch } from '../../client/publish/batch-publisher.js';
import { canaryGrantId } from '../../proto/canary.js';
import type { GrantDocument, StopScope } from '../../proto/entry/grant.js';
import type { DeliveredEvent } from '../../proto/event/event.js';
import { BusSearch } from './bus-search.js';
import type { CanaryMetrics, CanaryTransport, RoundOutcome } from './canary-metrics.js';
import { type CanaryRound, hiddenEvent, refusedEvent, shownEvent } from './canary-record.js';
import type { CanaryTokens } from './data-folder.js';
import { GrantFollowers, type RunWebhook } from './followers/follow-grant.js';
import { WebhookReceiver } from './followers/webhook-receiver.js';
import { LeakWatch } from './leak-watch.js';
import { Rounds } from './rounds.js';
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

type ShownGrant = GrantDocument & { stopped?: StopScope };

/** Status of each grant by partition, `stopped` where a stop stands on it; undefined when the bus did not say. */
type Statuses = Map<number, string | undefined> | undefined;

/**
 * Publishes a round of synthetic events at every interval, follows them over every transport, and looks for secrets in all
 * that comes back. Resolves when the signal aborts.
 *
 * A round that does not arrive is an outage, unless nothing was owed: a grant that somebody has suspended or stopped, before or
 * during the round, or tokens that were given to another canary. Both are said, and neither counts. See
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
  #paused = '';

  constructor(private readonly options: CanaryOptions) {
    const { metrics, log, url, tokens } = options;
    this.#watch = new LeakWatch(this.#secrets, metrics, log);
    this.#rounds = new Rounds(metrics);
    this.#grants = new BusApi({ url, token: tokens.follower });
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
      (_grant, body) => this.#watch.stream('stream', 'webhook')(body),
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
    const isOwed = !before || [...before.values()].includes('in_force');
    await this.#rounds.allArrived(isOwed ? roundMs : 0, signal);
    if (signal.aborted) return;
    const after = this.#rounds.isWaiting ? await this.#statuses() : before;
    const known = [this.#before, before, after];
    for (const missed of this.#rounds.end((partition) => outcomeOf(partition, known))) {
      log.warn(missed, 'a round of the canary was not delivered in time');
    }
    this.#before = after;
    this.#showPauses(after);
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
      return error instanceof ClientError && error.code === 'NOT_AUTHENTICATED' ? new Map() : undefined;
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
      retryMs: Math.min(intervalMs / 4, RETRY_MS_MAX),
      onEvent: (transport, event) => this.#arrived(transport, partition, event),
    });
    this.#followers.set(partition, followers);
  }

  #arrived(transport: CanaryTransport, partition: number, event: DeliveredEvent): void {
    this.#watch.delivered(transport, event);
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
      const results = await publishBatch(bodies, { url, token: tokens.source, atomic: false, signal });
      this.#watch.text('errors', 'results', JSON.stringify(results));
      const refused = results.find(({ problem }) => problem)?.problem;
      if (refused) log.warn({ code: refused.code }, 'the bus refuses events of the canary');
      await this.#refuse(sent[0]);
    } catch (error) {
      const code = error instanceof ClientError ? error.code : (error as Error).name;
      if (!signal.aborted) log.warn({ code }, 'the canary cannot publish');
    }
    for (const followers of this.#followers.values()) followers.published();
  }

  /** Once for each secret, because the bus keeps what it refuses for its source. */
  async #refuse(sent: CanaryRound | undefined): Promise<void> {
    if (!sent || sent.secret === this.#refusedSecret) return;
    this.#refusedSecret = sent.secret;
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
      log.warn('the tokens of the canary were renewed: another canary has them, this one judges nothing');
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
