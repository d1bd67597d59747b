import type { EntryVersion } from '../../../proto/entry/entry.js';
import { publishedEntry } from '../catalog-entry.js';
import type { ConnectorContext } from '../connector-context.js';
import { PeerGoneError } from '../connector-errors.js';
import { AcceptedValues, acceptedValuesFile } from './accepted-values.js';
import { EntryAcceptedValues, type EntryAcceptedValuesDeps } from './entry-accepted-values.js';
import type { EntryGroup } from './publish-batch.js';

export type AcceptedValuesContext = Pick<ConnectorContext, 'bus' | 'metrics' | 'log' | 'name' | 'stateFolder'>;

/** Somebody should look: what was refused is more than is remembered. */
const ALARM = 'former_values_full';

/** What a connector remembers of refused changes: in one file, used entry by entry. */
export class AcceptedValuesByEntry {
  readonly #values: AcceptedValues;
  readonly #entries = new Map<string, EntryAcceptedValues>();
  readonly #deps: EntryAcceptedValuesDeps = {
    published: (entry) => this.#published(entry),
    unusable: (entry, event) => this.#onUnusable(entry, event),
  };

  constructor(
    private readonly context: AcceptedValuesContext,
    private readonly signal: AbortSignal,
    /** Resolves when it is time to ask the bus again. */
    private readonly waitOut: (error: PeerGoneError) => Promise<void>,
  ) {
    const file = acceptedValuesFile(context.stateFolder, context.name);
    this.#values = new AcceptedValues(file, (entry, event) => this.#onFull(entry, event));
  }

  of(entry: string): EntryAcceptedValues {
    let entryValues = this.#entries.get(entry);
    if (!entryValues) {
      entryValues = new EntryAcceptedValues(entry, this.#values, this.#deps);
      this.#entries.set(entry, entryValues);
    }
    return entryValues;
  }

  /** Whether a change of a remembered record is among these, or may be. */
  concerns(groups: readonly EntryGroup[]): boolean {
    if (this.#values.isEmpty) return false;
    return groups.some(({ entry, parts }) => parts.some(({ events }) => this.of(entry).concerns(events)));
  }

  /** Resolves when all of it is on disk. */
  save(): Promise<void> {
    return this.#values.save();
  }

  async #published(entry: string): Promise<EntryVersion | undefined> {
    while (!this.signal.aborted) {
      try {
        return await publishedEntry(this.context.bus, entry);
      } catch (error) {
        if (!(error instanceof PeerGoneError)) throw error;
        await this.waitOut(error);
      }
    }
    return undefined;
  }

  #onFull(entry: string, event: string): void {
    const { metrics, log } = this.context;
    metrics.alarm(ALARM, true);
    log.error({ event, entry }, 'too many refused changes: what the bus has of this record is not remembered');
  }

  #onUnusable(entry: string, event: string): void {
    const message = 'the former values of a refused change are not usable: who held the record may keep it';
    this.context.log.warn({ event, entry }, message);
  }
}
