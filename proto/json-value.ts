/** Nested arrays and objects of a value; deeper ones would overflow the stack of whoever writes them as text. */
export const VALUE_DEPTH_MAX = 32;

const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Why a value, parsed from JSON or msgpack, can not be stored and given on unchanged; undefined when it can. A text with
 * half a surrogate pair (JSON can escape one) has no UTF-8: a protobuf client would refuse the whole frame that holds it.
 */
export function jsonValueProblem(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'string')
    return LONE_SURROGATE.test(value) ? 'has a text with half a surrogate pair' : undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'has a number that is not finite';
  if (value === null || typeof value !== 'object') return undefined;
  if (depth >= VALUE_DEPTH_MAX) return `is nested deeper than ${VALUE_DEPTH_MAX}`;
  for (const [key, inner] of Object.entries(value)) {
    const problem = jsonValueProblem(key) ?? jsonValueProblem(inner, depth + 1);
    if (problem) return problem;
  }
  return undefined;
}
