import type { EntryVersion } from '../../../proto/entry/entry.js';
import { publishedEntry } from '../catalog-entry.js';
import type { ConnectorContext } from '../connector-context.js';
import { PeerGoneError } from '../connector-errors.js';
import { AcceptedValues, acceptedValuesFile } from './accepted-values.js';
import { EntryAcceptedValues, type EntryAcceptedValuesDeps } from './entry-accepted-values.js';
import type { EntryGroup } from './publish-batch.js';

export type AcceptedValuesContext = Pick<ConnectorContext, 'bus' | 'metrics' | 'log' | 'name' | 'stateFolder'>;

/** Raised when more records have a refused change than are kept. */
const ALARM = 'former_values_full';

/** The last accepted values of a connector's records with a refused change: one file, accessed by entry. */
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
    /** Resolves when the next call of the bus is due. */
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

  /** True when a change of a record with a refused change is among these, or may be. */
  concerns(groups: readonly EntryGroup[]): boolean {
    if (this.#values.isEmpty) return false;
    return groups.some(({ entry, parts }) => parts.some(({ events }) => this.of(entry).concerns(events)));
  }

  /** Resolves once all values are on disk. */
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
    log.error(
      { event, entry },
      'too many records have a refused change: the last accepted values of this one are not kept, so a subscriber may keep a stale copy until the next snapshot',
    );
  }

  #onUnusable(entry: string, event: string): void {
    const message =
      'the last accepted values of the record are refused as its previous image: a subscriber by rows may keep a stale copy until the next snapshot';
    this.context.log.warn({ event, entry }, message);
  }
}
