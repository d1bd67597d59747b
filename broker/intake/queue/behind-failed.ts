import type { WaitingEvent, WaitingUnit } from './waiting-event.js';

/**
 * Finds the units that arrived behind a failed event in the same flow, of the same system on the same entry.
 *
 * Without source positions nothing else tells that they follow it: were they stored when the store is back, and the failed one sent
 * again afterwards, an older state of a record would replace a newer one. Sources with positions are judged by
 * `SourceProgress`, over all flows.
 */
export class BehindFailed {
  /** Flow → subject → arrival of its first failed event. */
  readonly #firstFailed = new Map<object, Map<string, number>>();

  constructor(failed: readonly WaitingEvent[]) {
    for (const { fields } of failed) {
      if (fields.sourcePosition) continue;
      const bySubject = this.#firstFailed.get(fields.flow) ?? new Map<string, number>();
      const first = bySubject.get(fields.route.subject) ?? Number.POSITIVE_INFINITY;
      bySubject.set(fields.route.subject, Math.min(first, fields.arrival));
      this.#firstFailed.set(fields.flow, bySubject);
    }
  }

  get isEmpty(): boolean {
    return this.#firstFailed.size === 0;
  }

  has({ first: { fields } }: WaitingUnit): boolean {
    const failedAt = this.#firstFailed.get(fields.flow)?.get(fields.route.subject);
    return failedAt !== undefined && fields.arrival > failedAt && !fields.sourcePosition;
  }
}
