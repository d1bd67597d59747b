/** Capacity of a store and what of it is free, in bytes, as it was last measured. */
export interface FreeSpace {
  /** Capacity of the store in all, with the bytes that it holds. */
  capacity: number;
  free: number;
}

const SHARE_KEPT_BACK = 0.05;
/** Enough for the blocks that a server rewrites, and for some thousand acts, on a very small disk. */
const KEPT_BACK_BYTES_MIN = 4 * 1024 * 1024;
/** On a large disk a share would keep back more than anybody can write before somebody looks. */
const KEPT_BACK_BYTES_MAX = 2 * 1024 * 1024 * 1024;

/** Bytes of a store that events may not take. */
export function keptBack({ capacity }: Pick<FreeSpace, 'capacity'>): number {
  return Math.min(Math.max(Math.floor(capacity * SHARE_KEPT_BACK), KEPT_BACK_BYTES_MIN), KEPT_BACK_BYTES_MAX);
}
