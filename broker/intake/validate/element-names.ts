import type { PublishResult } from '../../../proto/frames/frames.js';

/** Adds to the problem of an event without id which of the events in order it belongs to. */
export function nameElements(results: PublishResult[]): PublishResult[] {
  if (results.length < 2) return results;
  return results.map((result, index) => {
    const { id, problem } = result;
    if (!problem || id !== undefined) return result;
    const detail = `event ${index + 1} of ${results.length}: ${problem.detail}`;
    return { ...result, problem: { ...problem, detail } };
  });
}
