import fc from 'fast-check';
import type { OracleBus } from './oracle-bus.js';
import { ScenarioRun } from './scenario-run.js';
import type { Scenario } from './stories/scenario.js';
import { scenarioArbitrary } from './stories/scenario-arbitrary.js';
import { STORY_SIZES, type StorySize } from './stories/story-sizes.js';

export interface OracleLoad {
  story: StorySize;
  seed: number;
  /** Upper bound of scenarios in this check. */
  runs: number;
  /** No new scenario starts after this time. */
  timeLimitMs: number;
  /** Time limit of the search for a smaller case, which stops at the smallest found. */
  shrinkMs: number;
}

/** An event that takes longer than this, even on a busy machine, counts as lost. */
const PATIENCE_MS = 30_000;
/** The same limit while a case is shrunk, where each attempt waits for the lost event. */
const SHRINK_PATIENCE_MS = 5_000;
/** Number of differences that a report shows: later ones often follow from the first. */
const FINDINGS_MAX = 10;
let names = 0;

/**
 * Runs random scenarios on the bus and on the model. Rejects with the smallest scenario that they disagree on, and the
 * seed that leads to it; resolves with the number of (event, grant) pairs that agreed.
 */
export async function checkOracle(bus: OracleBus, load: OracleLoad): Promise<number> {
  const size = STORY_SIZES[load.story];
  let pairs = 0;
  let isShrinking = false;
  const stopAt = Date.now() + load.timeLimitMs;
  const property = fc.asyncProperty(scenarioArbitrary(size), async (scenario) => {
    if (Date.now() > stopAt && !isShrinking) return;
    const run = new ScenarioRun(bus, scenario, `s${++names}`);
    try {
      await run.publishStory(isShrinking ? SHRINK_PATIENCE_MS : PATIENCE_MS);
      if (run.findings.length > 0) throw new DisagreementError(run.findings.slice(0, FINDINGS_MAX).join('\n- '));
    } catch (error) {
      isShrinking = true;
      throw error;
    }
    pairs += run.pairs;
  });
  const outcome = await fc.check(property, {
    seed: load.seed,
    numRuns: load.runs,
    unbiased: size.isFull,
    interruptAfterTimeLimit: load.timeLimitMs + load.shrinkMs,
  });
  if (outcome.failed) throw new DisagreementError(`${load.story} stories, seed ${load.seed}: ${reportOf(outcome)}`);
  return pairs;
}

/** Thrown when bus and model differ; the message holds the smallest scenario that shows it. */
export class DisagreementError extends Error {
  override readonly name = 'DisagreementError';
}

function reportOf(outcome: fc.RunDetails<[Scenario]>): string {
  const { counterexample, errorInstance, counterexamplePath, numShrinks } = outcome;
  const story = JSON.stringify(counterexample, undefined, 1);
  return `${errorInstance}\nthe story (path ${counterexamplePath}, shrunk ${numShrinks} times): ${story}`;
}
