import type { EntryVersion, NumberedItem } from '../../proto/entry.js';
import type { ErrorCode } from '../../proto/errors.js';
import type { RecordData } from '../../proto/event.js';
import type { RecordCodec } from '../../proto/record.js';

/** What is wrong with one item; the message never holds its value. */
export interface ItemProblem {
  code: ErrorCode;
  item?: string | undefined;
  message: string;
}

/** What intake needs of the newest published version of an entry. */
export interface PublishableEntry {
  readonly version: EntryVersion;
  readonly identifier: NumberedItem;
  readonly filterable: readonly NumberedItem[];
  readonly codec: RecordCodec;
  readonly previousCodec: RecordCodec;
  validateData(data: RecordData): readonly ItemProblem[];
  validatePrevious(data: RecordData): readonly ItemProblem[];
}

/** Where entries are looked up, undefined for one that is not published. */
export interface EntryLookup {
  compiled(id: string): PublishableEntry | undefined;
}

/** The system that publishes, as its credential says. */
export interface PublishingSystem {
  readonly id: string;
  readonly party: string;
  readonly may: readonly string[];
}
