/** Field numbers that protobuf reserves for itself. */
const RESERVED_FIRST = 19_000;
const RESERVED_LAST = 19_999;

/**
 * Numbers of all items that an entry ever had, including those of the next version. A known name keeps its number, a new
 * one gets the next, and the number of a dropped name is never given to another.
 */
export function numberItems(
  names: readonly string[],
  assigned: Readonly<Record<string, number>>,
): Record<string, number> {
  const numbers: Record<string, number> = { ...assigned };
  let last = Math.max(0, ...Object.values(assigned));
  for (const name of names) {
    if (Object.hasOwn(numbers, name)) continue;
    last = last + 1 === RESERVED_FIRST ? RESERVED_LAST + 1 : last + 1;
    numbers[name] = last;
  }
  return numbers;
}
