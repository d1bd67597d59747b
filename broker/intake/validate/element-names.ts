import type { PublishResult } from '../../../proto/frames/frames.js';

/** Results of several events in order: a problem of one that has no id says which one it is. */
export function nameElements(results: PublishResult[]): PublishResult[] {
  if (results.length < 2) return results;
  return results.map((result, index) => {
    const { id, problem } = result;
    if (!problem || id !== undefined) return result;
    const detail = `event ${index + 1} of ${results.length}: ${problem.detail}`;
    return { ...result, problem: { ...problem, detail } };
  });
}
