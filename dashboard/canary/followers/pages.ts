import { errorOfResponse } from '../../../client/bus-api.js';
import { httpUrl } from '../../../client/bus-url.js';
import { pause } from '../../../client/pause.js';
import type { DeliveredEvent } from '../../../proto/event/event.js';
import { type FollowerContext, followForever } from './follower.js';

interface PageEnd {
  through: number;
  log: string;
}

const REQUEST_MS_MAX = 30_000;

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
        const read = await this.#read(String(end.through), end.log);
        if (read.through > end.through) await this.#acknowledge(read);
        else if (!this.context.signal.aborted) await this.#again();
        end = read;
      }
    });
  }

  /** The event is stored and this broker's reader may be a moment behind. */
  async #again(): Promise<void> {
    await pause(50, this.context.signal);
    this.#wanted = true;
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

  async #read(from: string, log?: string): Promise<PageEnd> {
    const { grant, cursor, watch, transport, onEvent } = this.context;
    const text = await this.#call(`/v1/grants/${grant}/events`, { from, cursor, ...(log && { log }) });
    watch.text('stream', transport, text);
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as DeliveredEvent | PageEnd);
    const end = lines.pop() as PageEnd;
    for (const event of lines) onEvent(event as DeliveredEvent);
    return end;
  }

  async #acknowledge({ through, log }: PageEnd): Promise<void> {
    const { grant, cursor } = this.context;
    await this.#call(`/v1/grants/${grant}/cursors/${cursor}`, {}, { position: through, log });
  }

  async #call(path: string, query: Record<string, string>, body?: object): Promise<string> {
    const { url, token, signal } = this.context;
    const address = httpUrl(url, path);
    for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    if (body) headers['content-type'] = 'application/json';
    const response = await fetch(address, {
      headers,
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS_MAX)]),
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    if (!response.ok) throw await errorOfResponse(response, address);
    return response.text();
  }
}
