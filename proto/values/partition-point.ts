/**
 * Binary search: the first index in [low, high) for which `isBefore` is false, or `high`. The caller guarantees that
 * `isBefore` is true up to some index and false from there on.
 */
export function partitionPoint(low: number, high: number, isBefore: (index: number) => boolean): number {
  let [first, end] = [low, high];
  while (first < end) {
    const middle = (first + end) >> 1;
    if (isBefore(middle)) first = middle + 1;
    else end = middle;
  }
  return first;
}
