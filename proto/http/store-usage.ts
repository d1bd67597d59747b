/** Answer of `GET /v1/store`: what the store holds, and what it may hold. */
export interface StoreUsage {
  /** Bytes of the disk, or of the storage limit of the account; null when the store tells no limit. */
  capacity: number | null;
  /** Bytes of them that nobody uses. */
  free: number | null;
  streams: StreamUsage[];
}

export interface StreamUsage {
  name: string;
  messages: number;
  /** Before compression. */
  used: number;
  /** Bytes; null when only the store as a whole is limited. */
  limit: number | null;
  /** Messages; null without such a limit, which the bus gives none. A bus of an earlier version leaves it out. */
  messageLimit?: number | null;
}
