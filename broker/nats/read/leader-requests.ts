import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { atTicksOnceRead } from '../../../proto/async/shared-ticks.js';
import { StoreUnavailableError } from '../store-errors.js';

/** The connection to ask over. */
export interface RequestLink {
  readonly nc: NatsConnection;
  readonly inboxPrefix: string;
  isUp(): boolean;
  onStatus(listener: (up: boolean) => void): () => void;
}

interface Waiter {
  subject: string;
  body: string;
  askedAtMs: number;
  resolve(answer: Msg): void;
  reject(error: Error): void;
}

/** Without a leader nobody answers; a retry finds the new one sooner than a long wait. */
const ANSWER_MS_MIN = 2_000;
/** On a slow line, where an answer takes longer than that. */
const ANSWER_MS_MAX = 10_000;
/** An answer may take so many times as long as the slowest of late. */
const WAIT_FACTOR = 2;
/** An answer takes this share off the slowest one, so that a line that is quick again counts as such after a hundred answers. */
const FORGOTTEN_SHARE = 0.02;
const EXPIRY_INTERVAL_MS = 500;
const NO_RESPONDERS = 503;

/**
 * Asks the JetStream API over one reply inbox.
 *
 * The client's own request makes two errors, two timers' worth of promises and a write of its own each time, and a reconnect storm
 * asks thousands of times a second. Here an answer is matched by a number, all share one timer, and what is asked in one turn of
 * the event loop, by whatever sockets were read in it, leaves in one write. Decision: docs/decisions/0290.
 *
 * A line whose round trip is longer than the wait would never get an answer. So one request that was given up is still remembered, and
 * when its answer comes late, later requests wait longer. Decision: docs/decisions/0345.
 *
 * Invariant: while the connection is down everything is refused at once, what was asked before included.
 */
export class LeaderRequests {
  readonly #prefix: string;
  readonly #waiters = new Map<string, Waiter>();
  readonly #endTicks: () => void;
  #unsent: string[] = [];
  #nextId = 0;
  #slowestMs = 0;
  /** A request that was given up, until its answer comes or cannot come any more. */
  #givenUp: { id: string; askedAtMs: number } | undefined;

  constructor(private readonly bus: RequestLink) {
    this.#prefix = `${bus.inboxPrefix}.get.`;
    bus.nc.subscribe(`${this.#prefix}*`, {
      callback: (error, answer) => {
        if (!error) this.#onAnswer(answer);
      },
    });
    bus.onStatus((up) => {
      if (!up) this.#failAll('the connection was lost');
    });
    this.#endTicks = atTicksOnceRead(EXPIRY_INTERVAL_MS, () => this.#failExpired());
  }

  /** Rejects with StoreUnavailableError when nobody answers. */
  ask(subject: string, body: string): Promise<Msg> {
    if (!this.bus.isUp()) return Promise.reject(new StoreUnavailableError('not connected', false));
    return new Promise((resolve, reject) => {
      const id = (this.#nextId++).toString(36);
      this.#waiters.set(id, { subject, body, askedAtMs: performance.now(), resolve, reject });
      if (this.#unsent.push(id) === 1) setImmediate(() => this.#sendAll());
    });
  }

  /** Rejects what was asked. */
  stop(): void {
    this.#endTicks();
    this.#failAll('the connection was closed');
  }

  #sendAll(): void {
    const ids = this.#unsent;
    this.#unsent = [];
    for (const id of ids) {
      const waiter = this.#waiters.get(id);
      try {
        if (waiter) this.bus.nc.publish(waiter.subject, waiter.body, { reply: this.#prefix + id });
      } catch (cause) {
        this.#fail(id, new StoreUnavailableError('not connected', false, { cause }));
      }
    }
  }

  #onAnswer(answer: Msg): void {
    const id = answer.subject.slice(this.#prefix.length);
    const waiter = this.#waiters.get(id);
    if (!waiter) {
      this.#onLateAnswer(id);
      return;
    }
    this.#waiters.delete(id);
    this.#answeredIn(performance.now() - waiter.askedAtMs);
    if (answer.data.length === 0 && answer.headers?.code === NO_RESPONDERS) {
      waiter.reject(new StoreUnavailableError(`no responders: '${waiter.subject}'`, false));
    } else waiter.resolve(answer);
  }

  #onLateAnswer(id: string): void {
    if (this.#givenUp?.id !== id) return;
    this.#answeredIn(performance.now() - this.#givenUp.askedAtMs);
    this.#givenUp = undefined;
  }

  #answeredIn(ms: number): void {
    this.#slowestMs = Math.max(ms, this.#slowestMs * (1 - FORGOTTEN_SHARE));
  }

  #failExpired(): void {
    const nowMs = performance.now();
    const waitMs = Math.min(ANSWER_MS_MAX, Math.max(ANSWER_MS_MIN, this.#slowestMs * WAIT_FACTOR));
    if (this.#givenUp && nowMs - this.#givenUp.askedAtMs > ANSWER_MS_MAX) this.#givenUp = undefined;
    for (const [id, { askedAtMs }] of this.#waiters) {
      // They are in the order of asking.
      if (askedAtMs >= nowMs - waitMs) return;
      this.#givenUp ??= { id, askedAtMs };
      this.#fail(id, new StoreUnavailableError(`no answer within ${Math.round(waitMs)} ms`, false));
    }
  }

  #failAll(why: string): void {
    this.#givenUp = undefined;
    for (const id of [...this.#waiters.keys()]) this.#fail(id, new StoreUnavailableError(why, false));
  }

  #fail(id: string, error: Error): void {
    this.#waiters.get(id)?.reject(error);
    this.#waiters.delete(id);
  }
}
