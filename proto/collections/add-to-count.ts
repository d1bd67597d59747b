/** Adds to the count of a key. A key whose count is 0 is forgotten, so the map does not grow with all that there ever were. */
export function addToCount<Key>(counts: Map<Key, number>, key: Key, change: number): void {
  const count = (counts.get(key) ?? 0) + change;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
