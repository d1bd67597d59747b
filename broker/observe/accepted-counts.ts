/** Where the accepted events of entries are known: in this process, or in all workers of its broker. */
export interface AcceptedCounts {
  /** The present state. Rejects when a worker does not answer. */
  collect(): Promise<ReadonlyMap<string, number>>;
}
