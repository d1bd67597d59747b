import { errorOfResponse } from '../../../client/bus-api.js';
import { httpUrl } from '../../../client/bus-url.js';
import { pause } from '../../../client/pause.js';
import type { DeliveredEvent } from '../../../proto/event/event.js';
import { searchedFetch } from '../searched-fetch.js';
import { type FollowerContext, followForever } from './follower.js';

interface PageEnd {
  through: number;
  log: string;
}

/** The end of a page, and the number of its events. */
interface Page extends PageEnd {
  events: number;
}

const REQUEST_MS_MAX = 30_000;
/** Pauses between questions for an event that is not there yet. */
const AGAIN_MS = { min: 50, max: 1_000 };

/**
 * Follows by pages of NDJSON and acknowledges each. A program that pulls asks every second or more, so what it measures would be its
 * own pause. This one asks when a round has been published, and until the round is there.
 */
export class PageFollower {
  #wanted = false;
  #wake: (() => void) | undefined;

  constructor(private readonly context: FollowerContext) {}

  /** To be called when an event is stored: the next page is asked for at once. */
  wake(): void {
    this.#wanted = true;
    this.#wake?.();
  }

  run(): Promise<void> {
    return followForever(this.context, async () => {
      let end = await this.#read('latest');
      while (!this.context.signal.aborted) {
        await this.#untilWanted();
        end = await this.#untilEvents(end);
      }
    });
  }

  /** The event is stored and this broker's reader may be a moment behind, also where it has read those of others. */
  async #untilEvents(before: Page): Promise<Page> {
    const { signal, roundMs } = this.context;
    const askedAtMs = performance.now();
    let end = before;
    for (let pauseMs = AGAIN_MS.min; !signal.aborted; pauseMs = Math.min(2 * pauseMs, AGAIN_MS.max)) {
      const read = await this.#read(String(end.through), end.log);
      if (read.through > end.through) await this.#acknowledge(read);
      end = read;
      if (end.events > 0 || performance.now() - askedAtMs > roundMs) break;
      await pause(pauseMs, signal);
    }
    return end;
  }

  /** Moves the cursor to the end of the log, as of a program that has nothing to catch up with. */
  async skipToEnd(): Promise<void> {
    await this.#acknowledge(await this.#read('latest'));
  }

  #untilWanted(): Promise<void> {
    const { signal } = this.context;
    return new Promise((resolve) => {
      const done = (): void => {
        this.#wanted = false;
        this.#wake = undefined;
        signal.removeEventListener('abort', done);
        resolve();
      };
      if (this.#wanted || signal.aborted) return done();
      this.#wake = done;
      signal.addEventListener('abort', done);
    });
  }

  async #read(from: string, log?: string): Promise<Page> {
    const { grant, cursor, onEvent, pages } = this.context;
    const query = { from, cursor, ...(log && { log }) };
    const text = await pages.run(() => this.#call(`/v1/grants/${grant}/events`, query));
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as DeliveredEvent | PageEnd);
    const { through, log: epoch } = lines.pop() as PageEnd;
    for (const event of lines) onEvent(event as DeliveredEvent);
    return { through, log: epoch, events: lines.length };
  }

  async #acknowledge({ through, log }: PageEnd): Promise<void> {
    const { grant, cursor } = this.context;
    await this.#call(`/v1/grants/${grant}/cursors/${cursor}`, {}, { position: through, log });
  }

  async #call(path: string, query: Record<string, string>, body?: object): Promise<string> {
    const { url, token, signal, watch, transport } = this.context;
    const address = httpUrl(url, path);
    for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    if (body) headers['content-type'] = 'application/json';
    const search = searchedFetch(watch, 'stream', transport);
    const response = await search(address, {
      headers,
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS_MAX)]),
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    if (!response.ok) throw await errorOfResponse(response, address);
    return response.text();
  }
}
