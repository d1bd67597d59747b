import type { OfficerCaller } from '../../parties/caller.js';
import type { Clock } from '../clock/clock.js';
import type { Fields, FileRef } from '../files/file.js';

/** View of a file for the worklist of one officer, as long as the file has no later record. */
export interface Shown {
  file: Fields;
  act: string | null;
  /** Clocks that ask for an act. */
  open: Clock[];
}

/** Files of which the outcome is kept, for all officers together; some 2 KB each. */
const KEPT_MAX = 20_000;

/**
 * Keeps what was found out about files for officers. A worklist is asked for again and again, and most of it is as it was: digests, next acts and
 * sight of a thousand files cost a hundred milliseconds. The least recently used are forgotten.
 */
export class LookedAt {
  readonly #kept = new Map<string, { seq: number; shown: Shown | undefined }>();

  /** Undefined when it is not known; `shown` is undefined for a file that is not on the officer's worklist. */
  find(officer: OfficerCaller, ref: FileRef, seq: number): { shown: Shown | undefined } | undefined {
    const key = keyOf(officer, ref);
    const kept = this.#kept.get(key);
    if (kept?.seq !== seq) return undefined;
    // A map iterates in the order of insertion.
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept;
  }

  keep(officer: OfficerCaller, ref: FileRef, seq: number, shown: Shown | undefined): void {
    const key = keyOf(officer, ref);
    this.#kept.delete(key);
    this.#kept.set(key, { seq, shown });
    if (this.#kept.size <= KEPT_MAX) return;
    const [oldest] = this.#kept.keys();
    this.#kept.delete(oldest as string);
  }

  /** Something beside the files has changed that decides on them: a party. */
  forget(): void {
    this.#kept.clear();
  }
}

/** The same officer may have other roles later. */
const keyOf = ({ id: officer, party, roles }: OfficerCaller, { kind, id }: FileRef): string =>
  `${officer} ${party} ${roles.join()} ${kind}/${id}`;
