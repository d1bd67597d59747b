import { AtomicSession } from '../../../client/publish/atomic-session.js';
import { DEFAULT_RECONNECT_POLICY, reconnectDelayMs } from '../../../client/reconnect-policy.js';
import type { ConnectorContext } from '../connector-context.js';
import { piecesOf } from './encoded-batch.js';
import type { EntryGroup, PublishBatch } from './publish-batch.js';

export type PipelinedPublisherContext = Pick<ConnectorContext, 'bus' | 'log' | 'reconnect'>;

/**
 * Publishes batches over a session with several of them in flight. It retries nothing: it returns what was not stored as a
 * whole, and has to be opened again after that.
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

  /** Starts to open the session, unless it is open or was lost a moment ago. It stays closed where WebSocket is blocked. */
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

  /** Resolves with the groups that are not stored, or not known to be. Of their entries nothing later is stored either. */
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
      if (!this.signal.aborted)
        this.context.log.debug({ err: error }, 'no session could be opened: publishing sequentially');
    } finally {
      this.#isOpening = false;
    }
  }

  /** Resolves with the number of duplicates; undefined when not all events are stored. */
  async #publish({ parts, events }: EntryGroup): Promise<number | undefined> {
    const results = await this.#session!.publish(piecesOf(parts), events);
    if (results.some(({ problem }) => problem !== undefined)) return undefined;
    this.#attempt = 0;
    return results.filter(({ duplicate }) => duplicate).length;
  }

  #delayNextOpening(): void {
    const policy = this.context.reconnect ?? DEFAULT_RECONNECT_POLICY;
    this.#notBeforeMs = performance.now() + reconnectDelayMs(this.#attempt++, policy, Math.random);
  }
}
