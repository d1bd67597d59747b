import { join } from 'node:path';
import type { SourceEvent } from '../../../proto/event/event.js';
import { StateFile } from '../state-file.js';
import { isLaterThan, type PreviousImage, positionOf, previousImageBefore } from './amended-event.js';

/** In the file; a list, since subjects may be anything. */
type State = [entry: string, subject: string, former: PreviousImage][];

/**
 * Each is a record whose last change is in quarantine. The file is written as a whole, some 150 bytes for one; and where
 * more are refused it is the mapping that is wrong and not the records.
 */
export const ACCEPTED_VALUES_MAX = 10_000;

export const acceptedValuesFile = (stateFolder: string, name: string): StateFile<State> =>
  new StateFile<State>(join(stateFolder, `${name}.former-values.json`));

/** What the bus has of the records whose last change it refused: the next change of each starts from there. */
export class AcceptedValues {
  readonly #entries = new Map<string, Map<string, PreviousImage>>();
  #size = 0;
  #isChanged = false;
  #saving: Promise<void> = Promise.resolve();

  constructor(
    private readonly file: Pick<StateFile<State>, 'read' | 'write'>,
    /** There is no room for one more: its record's next change will be told as one from the refused values. */
    private readonly onFull: (entry: string, eventId: string) => void,
  ) {
    for (const [entry, subject, former] of file.read() ?? []) this.#set(entry, subject, former);
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** By subject; undefined when none of the entry's records is remembered. */
  of(entry: string): ReadonlyMap<string, PreviousImage> | undefined {
    return this.#entries.get(entry);
  }

  /** The bus refuses this event: what it had before stays what it has. */
  refused(entry: string, subject: string, event: SourceEvent): void {
    const known = this.#entries.get(entry)?.get(subject);
    // Read again after a crash: the place must not go back, or those between it and the last one would count as new.
    if (known && !isLaterThan(event, known)) return;
    const former = known ? { ...known, ...positionOf(event) } : previousImageBefore(event);
    if (!former || (known && isSamePosition(known, former))) return;
    if (!known && this.#size >= ACCEPTED_VALUES_MAX) {
      this.onFull(entry, event.id);
      return;
    }
    this.#set(entry, subject, former);
    this.#isChanged = true;
  }

  forget(entry: string, subject: string): void {
    const records = this.#entries.get(entry);
    if (!records?.delete(subject)) return;
    if (records.size === 0) this.#entries.delete(entry);
    this.#size--;
    this.#isChanged = true;
  }

  /** Resolves when all of it is on disk. */
  save(): Promise<void> {
    if (!this.#isChanged) return this.#saving;
    this.#isChanged = false;
    this.#saving = this.file.write(this.#state());
    return this.#saving;
  }

  #set(entry: string, subject: string, former: PreviousImage): void {
    let records = this.#entries.get(entry);
    if (!records) {
      records = new Map();
      this.#entries.set(entry, records);
    }
    if (!records.has(subject)) this.#size++;
    records.set(subject, former);
  }

  #state(): State {
    return [...this.#entries].flatMap(([entry, records]) =>
      [...records].map(([subject, former]): State[number] => [entry, subject, former]),
    );
  }
}

const isSamePosition = (a: PreviousImage, b: PreviousImage): boolean =>
  a.sourceposition === b.sourceposition && a.sourceepoch === b.sourceepoch;
