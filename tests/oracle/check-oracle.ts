import fc from 'fast-check';
import type { OracleBus } from './oracle-bus.js';
import { type ScenarioSize, scenarioArbitrary } from './scenario-arbitrary.js';
import { ScenarioRun } from './scenario-run.js';

export interface OracleLoad {
  size: ScenarioSize;
  seed: number;
  /** Scenarios of this check at most. */
  runs: number;
  /** No new scenario is begun after this. */
  timeLimitMs: number;
}

/** A shrinking search may take this long; it stops at the smallest case found. */
const SHRINK_MS = 120_000;
let names = 0;

/**
 * Tells random scenarios to the bus and to the model. Rejects with the smallest scenario that they disagree on, and the
 * seed that leads to it; resolves with the number of (event, grant) pairs that agreed.
 */
export async function checkOracle(bus: OracleBus, load: OracleLoad): Promise<number> {
  let pairs = 0;
  let isShrinking = false;
  const stopAt = Date.now() + load.timeLimitMs;
  const property = fc.asyncProperty(scenarioArbitrary(load.size), async (scenario) => {
    if (Date.now() > stopAt && !isShrinking) return;
    const run = new ScenarioRun(bus, scenario, `s${++names}`);
    try {
      await run.tell();
      if (run.findings.length > 0) throw new DisagreementError(run.findings);
    } catch (error) {
      isShrinking = true;
      throw error;
    }
    pairs += run.pairs;
  });
  const outcome = await fc.check(property, {
    seed: load.seed,
    numRuns: load.runs,
    interruptAfterTimeLimit: load.timeLimitMs + SHRINK_MS,
  });
  if (outcome.failed) throw new Error(fc.defaultReportMessage(outcome) ?? 'the oracle failed');
  return pairs;
}

/** Bus and model differ. */
export class DisagreementError extends Error {
  override readonly name = 'DisagreementError';
  constructor(findings: readonly string[]) {
    super(`bus and model differ:\n- ${findings.slice(0, 10).join('\n- ')}`);
  }
}
