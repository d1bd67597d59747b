import { isDeepStrictEqual } from 'node:util';

/** Undefined when both lists are the same; else the first place where they differ, in words (long lists make long diffs). */
export function firstDifference(received: readonly unknown[], expected: readonly unknown[]): string | undefined {
  const length = Math.max(received.length, expected.length);
  for (let index = 0; index < length; index++) {
    if (isDeepStrictEqual(received[index], expected[index])) continue;
    const is = JSON.stringify(received[index]);
    return `number ${index + 1} of ${received.length} is ${is} instead of ${JSON.stringify(expected[index])}`;
  }
  return undefined;
}
