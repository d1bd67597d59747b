/** Index of the first of the ascending positions that is greater than `through`, searched from `from` on. */
export function countUpTo(positions: readonly number[], through: number, from = 0): number {
  let low = from;
  let high = positions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((positions[middle] as number) <= through) low = middle + 1;
    else high = middle;
  }
  return low;
}
