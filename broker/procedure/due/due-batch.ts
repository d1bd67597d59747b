import type { Act } from '../../ledger/record.js';
import { dueMoment } from '../files/due-moment.js';
import type { FileRef, RecordedStep } from '../files/file.js';
import { kindOfRecord } from '../files/kinds.js';

/** Records of one append: below the limit of an atomic batch, and few enough to be encoded in one turn. */
const BATCH_ACTS_MAX = 600;

export const keyOf = ({ kind, id }: FileRef): string => `${kind}/${id}`;

/**
 * Acts of files that fall due, gathered into one append in the order of their moments. It ends before a file that one of
 * its acts has changed, since that was decided on the state before; and before a moment that lies behind the next one of a
 * file that it holds.
 */
export class DueBatch {
  readonly acts: Act[] = [];
  readonly #changed = new Set<string>();
  #nextMs = Number.POSITIVE_INFINITY;

  /** False when the batch has to be appended before that file is decided on. */
  mayTake(file: FileRef, atMs: number): boolean {
    return this.acts.length < BATCH_ACTS_MAX && atMs <= this.#nextMs && !this.#changed.has(keyOf(file));
  }

  /** False when the acts do not fit, or touch what the batch has changed: they have to be decided on again after it. */
  add(acts: readonly Act[]): boolean {
    const touched = acts.flatMap(changedFile);
    const fits = this.acts.length === 0 || this.acts.length + acts.length <= BATCH_ACTS_MAX;
    if (!fits || touched.some(({ key }) => this.#changed.has(key))) return false;
    for (const { key, nextMs } of touched) {
      this.#changed.add(key);
      this.#nextMs = Math.min(this.#nextMs, nextMs);
    }
    this.acts.push(...acts);
    return true;
  }
}

function changedFile({ kind: ledgerKind, id, step }: Act): { key: string; nextMs: number }[] {
  const kind = kindOfRecord(ledgerKind);
  const { state } = (step ?? {}) as RecordedStep;
  if (!kind || !state) return [];
  return [{ key: keyOf({ kind, id }), nextMs: dueMoment(state) ?? Number.POSITIVE_INFINITY }];
}
