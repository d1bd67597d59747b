/** Protobuf keeps these for itself. */
const RESERVED_FIRST = 19_000;
const RESERVED_LAST = 19_999;

/**
 * Numbers of all items that an entry ever had, those of the next version among them: old names keep theirs, new ones
 * get the next in order, and the number of a dropped name is never given to another.
 */
export function numberItems(
  names: readonly string[],
  former: Readonly<Record<string, number>>,
): Record<string, number> {
  const numbers: Record<string, number> = { ...former };
  let last = Math.max(0, ...Object.values(former));
  for (const name of names) {
    if (Object.hasOwn(numbers, name)) continue;
    last = last + 1 === RESERVED_FIRST ? RESERVED_LAST + 1 : last + 1;
    numbers[name] = last;
  }
  return numbers;
}
