/**
 * Counts the events of each entry that this process has accepted since it started. Kept apart from `/metrics`, whose labels are
 * small sets: a catalog has 40,000 entries, each of which takes one number here once it had an event.
 */
export class AcceptedEvents {
  readonly #byEntry = new Map<string, number>();

  get byEntry(): ReadonlyMap<string, number> {
    return this.#byEntry;
  }

  accepted(entry: string): void {
    this.#byEntry.set(entry, (this.#byEntry.get(entry) ?? 0) + 1);
  }
}
