import { isDeepStrictEqual } from 'node:util';

/**
 * Describes the first index at which two lists differ; undefined when they are equal. A diff of long lists is
 * unreadable.
 */
export function firstDifference(received: readonly unknown[], expected: readonly unknown[]): string | undefined {
  const length = Math.max(received.length, expected.length);
  for (let index = 0; index < length; index++) {
    if (isDeepStrictEqual(received[index], expected[index])) continue;
    const is = JSON.stringify(received[index]);
    return `number ${index + 1} of ${received.length} is ${is} instead of ${JSON.stringify(expected[index])}`;
  }
  return undefined;
}
