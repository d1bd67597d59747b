/** Numbers that each process counts for itself: those of this process, or of all workers of its broker. */
export interface CountsByKey {
  /** The present state. Rejects when a worker does not answer. */
  collect(): Promise<ReadonlyMap<string, number>>;
}
