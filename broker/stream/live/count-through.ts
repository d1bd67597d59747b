import { partitionPoint } from '../../../proto/values/partition-point.js';

/** How many of the ascending positions are at or before `through`; `from` of them are known to be. */
export function countThrough(positions: readonly number[], through: number, from = 0): number {
  return partitionPoint(from, positions.length, (index) => (positions[index] as number) <= through);
}
