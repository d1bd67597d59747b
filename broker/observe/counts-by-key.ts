/** Where numbers that processes count apart are known: in this process, or in all workers of its broker. */
export interface CountsByKey {
  /** The present state. Rejects when a worker does not answer. */
  collect(): Promise<ReadonlyMap<string, number>>;
}
