import { AtomicSession } from '../../../client/publish/atomic-session.js';
import { DEFAULT_RECONNECT_POLICY, reconnectDelayMs } from '../../../client/reconnect-policy.js';
import type { ConnectorContext } from '../connector-context.js';
import type { EntryGroup, PublishBatch } from './publish-batch.js';

export type PipelinedPublisherContext = Pick<ConnectorContext, 'bus' | 'log' | 'reconnect'>;

/**
 * The quick way to the bus: rounds over a session that may have several of them under way. It mends nothing: of what is not stored
 * as a whole it says so, and after that it has to be opened again.
 */
export class PipelinedPublisher {
  #session: AtomicSession | undefined;
  #isOpening = false;
  #attempt = 0;
  #notBeforeMs = 0;

  constructor(
    private readonly context: PipelinedPublisherContext,
    private readonly signal: AbortSignal,
  ) {}

  /** Begins to open it, unless it is open or was lost a moment ago. Where there is no way for a WebSocket it stays closed. */
  startOpening(): void {
    if (this.#session?.isOpen || this.#isOpening || this.signal.aborted || performance.now() < this.#notBeforeMs)
      return;
    this.#isOpening = true;
    void this.#open();
  }

  accepts(batch: PublishBatch): boolean {
    const session = this.#session;
    return session !== undefined && batch.groups.every(({ events, bytes }) => session.fits(events, bytes));
  }

  /** Resolves with the groups that are not stored, or not known to be; behind one of them nothing is, of its entry. */
  async publish(batch: PublishBatch, stored: (group: EntryGroup, duplicates: number) => void): Promise<EntryGroup[]> {
    const unstored: EntryGroup[] = [];
    await Promise.all(
      batch.groups.map(async (group) => {
        const duplicates = await this.#publish(group).catch(() => undefined);
        if (duplicates === undefined) unstored.push(group);
        else stored(group, duplicates);
      }),
    );
    return unstored;
  }

  close(): void {
    this.#session?.close();
    this.#session = undefined;
    this.#delayNextOpening();
  }

  async #open(): Promise<void> {
    try {
      this.#session = await AtomicSession.open({ ...this.context.bus, signal: this.signal });
    } catch (error) {
      this.#delayNextOpening();
      if (!this.signal.aborted) this.context.log.debug({ err: error }, 'no session: one request at a time');
    } finally {
      this.#isOpening = false;
    }
  }

  /** How many of the events the bus had already; undefined when they are not all stored. */
  async #publish({ parts }: EntryGroup): Promise<number | undefined> {
    const texts = parts.flatMap(({ events }) => events.map(({ text }) => text));
    const results = await this.#session!.publish(texts);
    if (results.some(({ problem }) => problem !== undefined)) return undefined;
    this.#attempt = 0;
    return results.filter(({ duplicate }) => duplicate).length;
  }

  #delayNextOpening(): void {
    const policy = this.context.reconnect ?? DEFAULT_RECONNECT_POLICY;
    this.#notBeforeMs = performance.now() + reconnectDelayMs(this.#attempt++, policy, Math.random);
  }
}
