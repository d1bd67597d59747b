import fc from 'fast-check';
import type { OracleBus } from './oracle-bus.js';
import { ScenarioRun } from './scenario-run.js';
import type { Scenario } from './stories/scenario.js';
import { scenarioArbitrary } from './stories/scenario-arbitrary.js';
import { STORY_SIZES, type StorySize } from './stories/story-sizes.js';

export interface OracleLoad {
  story: StorySize;
  seed: number;
  /** Scenarios of this check at most. */
  runs: number;
  /** No new scenario is begun after this. */
  timeLimitMs: number;
  /** How long a shrinking search may take; it stops at the smallest case found. */
  shrinkMs: number;
}

/** What takes longer than this on the busiest machine does not come at all. */
const PATIENCE_MS = 30_000;
/** A search for a smaller case of something that does not come waits for each. */
const SHRINK_PATIENCE_MS = 5_000;
/** The first ones say it; the rest often follows from them. */
const FINDINGS_MAX = 10;
let names = 0;

/**
 * Tells random scenarios to the bus and to the model. Rejects with the smallest scenario that they disagree on, and the
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
      await run.tell(isShrinking ? SHRINK_PATIENCE_MS : PATIENCE_MS);
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

/** Bus and model differ; the message holds the smallest story that shows it. */
export class DisagreementError extends Error {
  override readonly name = 'DisagreementError';
}

function reportOf(outcome: fc.RunDetails<[Scenario]>): string {
  const { counterexample, errorInstance, counterexamplePath, numShrinks } = outcome;
  const story = JSON.stringify(counterexample, undefined, 1);
  return `${errorInstance}\nthe story (path ${counterexamplePath}, shrunk ${numShrinks} times): ${story}`;
}
