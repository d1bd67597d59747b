import { join } from 'node:path';
import type { SourceEvent } from '../../../proto/event/event.js';
import { StateFile } from '../state-file.js';
import { isLaterThan, type PreviousImage, positionOf, previousImageBefore } from './amended-event.js';

/** Content of the file: a list, because a subject may be any string, `__proto__` included. */
type State = [entry: string, subject: string, image: PreviousImage][];

/**
 * Records whose last change is in quarantine. The file, some 150 bytes per record, is written as a whole; and when more are
 * refused the mapping is wrong rather than the records.
 */
export const ACCEPTED_VALUES_MAX = 10_000;

export const acceptedValuesFile = (stateFolder: string, name: string): StateFile<State> =>
  new StateFile<State>(join(stateFolder, `${name}.former-values.json`));

/** The last accepted values of records whose last change the bus refused. They are the previous image of the next change. */
export class AcceptedValues {
  readonly #entries = new Map<string, Map<string, PreviousImage>>();
  #size = 0;
  #isChanged = false;
  #saving: Promise<void> = Promise.resolve();

  constructor(
    private readonly file: Pick<StateFile<State>, 'read' | 'write'>,
    /** The capacity is reached: the next change of that record is published with the refused values as its previous image. */
    private readonly onFull: (entry: string, eventId: string) => void,
  ) {
    for (const [entry, subject, image] of file.read() ?? []) this.#set(entry, subject, image);
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** Images by subject; undefined when the entry has none. */
  of(entry: string): ReadonlyMap<string, PreviousImage> | undefined {
    return this.#entries.get(entry);
  }

  /** Records that the bus refuses this event, so that it still has the values before it. */
  refused(entry: string, subject: string, event: SourceEvent): void {
    const known = this.#entries.get(entry)?.get(subject);
    // Read again after a crash: the position must not go back, or changes behind it would count as new.
    if (known && !isLaterThan(event, known)) return;
    const image = known ? { ...known, ...positionOf(event) } : previousImageBefore(event);
    if (!image || (known && isSamePosition(known, image))) return;
    if (!known && this.#size >= ACCEPTED_VALUES_MAX) {
      this.onFull(entry, event.id);
      return;
    }
    this.#set(entry, subject, image);
    this.#isChanged = true;
  }

  forget(entry: string, subject: string): void {
    const records = this.#entries.get(entry);
    if (!records?.delete(subject)) return;
    if (records.size === 0) this.#entries.delete(entry);
    this.#size--;
    this.#isChanged = true;
  }

  /** Resolves once all values are on disk. */
  save(): Promise<void> {
    if (!this.#isChanged) return this.#saving;
    this.#isChanged = false;
    this.#saving = this.file.write(this.#state());
    return this.#saving;
  }

  #set(entry: string, subject: string, image: PreviousImage): void {
    let records = this.#entries.get(entry);
    if (!records) {
      records = new Map();
      this.#entries.set(entry, records);
    }
    if (!records.has(subject)) this.#size++;
    records.set(subject, image);
  }

  #state(): State {
    return [...this.#entries].flatMap(([entry, records]) =>
      [...records].map(([subject, image]): State[number] => [entry, subject, image]),
    );
  }
}

const isSamePosition = (a: PreviousImage, b: PreviousImage): boolean =>
  a.sourceposition === b.sourceposition && a.sourceepoch === b.sourceepoch;
