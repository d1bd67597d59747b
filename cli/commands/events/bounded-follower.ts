import { setTimeout as pause } from 'node:timers/promises';
import type { DeliveredEvent } from '../../../proto/event/event.js';
import type { From } from '../../../proto/frames/frames.js';
import { apiOf } from '../../connection-options.js';
import { onInterruption } from '../../interruption.js';
import { type EventPage, readEventPage } from './event-page.js';
import type { EventPrinter } from './event-printer.js';
import type { End, SubscribeOptions } from './subscribe-options.js';

const PAGE_EVENTS = 1_000;
const POLL_MS = 1_000;

/**
 * Follows a grant up to a known end. It reads pages over HTTP: a page says how far it reaches also where no event matched,
 * which a live session does not report before the next event.
 */
export class BoundedFollower {
  readonly #ending = new AbortController();

  constructor(
    private readonly grant: string,
    private readonly cursor: string,
    private readonly options: SubscribeOptions,
    private readonly printer: EventPrinter,
  ) {}

  async run(): Promise<void> {
    const release = onInterruption(() => this.#ending.abort());
    try {
      let from: From | undefined = this.options.from ?? 'cursor';
      while (from !== undefined && !this.#ending.signal.aborted) from = await this.#follow(from);
    } finally {
      release();
    }
  }

  /** Prints one page and acknowledges what it printed; returns where the next one starts, undefined at the end. */
  async #follow(from: From): Promise<From | undefined> {
    const { narrow, to, untilCaughtUp } = this.options;
    const query = { from, cursor: this.cursor, limit: PAGE_EVENTS, narrow };
    const page = await readEventPage(this.grant, query, this.options);
    const reached = await this.#print(page);
    if (this.options.ack && reached !== undefined) await this.#acknowledge(reached, page.log);
    if (reached !== page.through || page.through >= positionOf(to)) return undefined;
    if (page.caughtUp) {
      if (untilCaughtUp || (to && 'timeMs' in to && Date.now() > to.timeMs + POLL_MS)) return undefined;
      await pause(POLL_MS, undefined, { signal: this.#ending.signal }).catch(() => undefined);
    }
    return { after: page.through, log: page.log };
  }

  /** Returns the position up to which the page was processed; undefined when the end came before its first event. */
  async #print({ events, through }: EventPage): Promise<number | undefined> {
    const { to, limit = Number.POSITIVE_INFINITY } = this.options;
    let reached: number | undefined;
    for (const event of events) {
      if (isBeyond(event, to) || this.#ending.signal.aborted) return reached;
      await this.printer.print(event);
      reached = event.position;
      if (this.printer.printed >= limit) return reached;
    }
    return Math.min(through, positionOf(to));
  }

  async #acknowledge(position: number, log: string): Promise<void> {
    const path = `/v1/grants/${encodeURIComponent(this.grant)}/cursors/${encodeURIComponent(this.cursor)}`;
    const { narrow } = this.options;
    await apiOf(this.options).json(path, { method: 'POST', body: { position, log, ...(narrow && { narrow }) } });
  }
}

const positionOf = (to: End | undefined): number => (to && 'position' in to ? to.position : Number.POSITIVE_INFINITY);

function isBeyond(event: DeliveredEvent, to: End | undefined): boolean {
  if (to === undefined) return false;
  return 'position' in to ? event.position > to.position : Date.parse(event.time) > to.timeMs;
}
