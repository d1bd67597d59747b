import type { Database } from '../../../benefits/store/database.js';
import { ManualClock } from '../manual-clock.js';
import { type Entitlement, FinalRegisters } from './benefit-batch.js';
import type { BenefitBus, RunningCheck } from './benefit-bus.js';
import { type DayOfEvents, Population, type PopulationOptions } from './benefit-population.js';

export interface BenefitRun {
  check: RunningCheck;
  events: number;
  batch: Map<string, Entitlement>;
  /** The day of the check's clock at the end, for which the batch is computed. */
  lastDay: string;
}

/**
 * Runs a population through a bus and a check: each step publishes the events of its days, waits until the check has decided them,
 * and advances its clock. Resolves after the last day, with the entitlements that a batch finds in the final registers.
 */
export async function runPopulation(
  bus: BenefitBus,
  database: Database,
  options: PopulationOptions & { stepDays: number; schema: string },
): Promise<BenefitRun> {
  const registers = new FinalRegisters();
  const check = await bus.check(database, new ManualClock(options.from), options.schema);
  let events = 0;
  let lastDay = options.from;
  for (const step of stepsOf(new Population(options), options.stepDays)) {
    const all = step.flatMap((day) => day.events);
    const positions = await bus.publishAll(all);
    for (const [index, event] of all.entries()) registers.put(event, positions[index]!);
    events += all.length;
    await check.settled();
    lastDay = step.at(-1)!.day;
    await check.advanceTo(lastDay);
  }
  return { check, events, batch: registers.entitlements(lastDay), lastDay };
}

function* stepsOf(population: Population, stepDays: number): Generator<DayOfEvents[]> {
  let step: DayOfEvents[] = [];
  for (const day of population.days()) {
    step.push(day);
    if (step.length < stepDays) continue;
    yield step;
    step = [];
  }
  if (step.length > 0) yield step;
}
