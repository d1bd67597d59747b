import { setTimeout as delay } from 'node:timers/promises';
import type { Bus } from '../../nats/bus.js';
import { afterFailure } from '../commit/after-failure.js';
import { QUARANTINE_BATCH_BYTES, QUARANTINE_BATCH_RECORDS, type Quarantine } from '../quarantine/quarantine.js';
import type { EventOutcomes } from '../queue/event-outcomes.js';
import type { WaitingEvent, WaitingUnit } from '../queue/waiting-event.js';
import { screenPosition } from './screen-event.js';
import type { SourceProgress } from './source-progress.js';
import type { SourceTable } from './source-table.js';
import type { WatermarkCheckpoint } from './watermark-checkpoint.js';
import { recoverWatermarks } from './watermark-recovery.js';

/** Between two attempts to read watermarks. */
const RETRY_MS = 200;

export interface ParkedSourcesDeps {
  bus: Bus;
  /** The store has several servers. */
  isReplicated: boolean;
  quarantine: Quarantine;
  checkpoint: WatermarkCheckpoint;
  sources: SourceTable;
  outcomes: EventOutcomes;
  /** Gives back the units that may go on, in their order; called once per parked system. */
  release: (units: WaitingUnit[]) => void;
}

/**
 * Parks a source while its watermarks are read from the store or its rejected event is quarantined, without blocking the
 * other sources of the partition.
 *
 * A rejected event with a source position cannot go to quarantine out of turn: a watermark that passed it while it is
 * nowhere would make it a duplicate for ever. Waiting for it in the commit loop would be the obvious answer, but it
 * holds up everybody. So all units of the system move aside, stay in their order, and return to the front of the
 * queue. Invariant: while a system is parked, none of its units is in a commit that started later. See docs/decisions/0035.
 */
export class ParkedSources {
  readonly #deps: ParkedSourcesDeps;
  readonly #bySystem = new Map<string, WaitingUnit[]>();
  /** Parked since the commit in flight was put together: served when that commit is over. */
  #fresh: string[] = [];

  constructor(deps: ParkedSourcesDeps) {
    this.#deps = deps;
  }

  get isEmpty(): boolean {
    return this.#bySystem.size === 0;
  }

  /** True when the system of the unit is parked, and now the unit is too. */
  joins(unit: WaitingUnit): boolean {
    if (this.#bySystem.size === 0) return false;
    const parked = this.#bySystem.get(unit.system);
    parked?.push(unit);
    return parked !== undefined;
  }

  park(unit: WaitingUnit): void {
    this.#bySystem.set(unit.system, [unit]);
    this.#fresh.push(unit.system);
  }

  /** Ends the fresh parkings and returns their units: an event that precedes them is retried first. */
  takeFresh(): WaitingUnit[] {
    const units: WaitingUnit[] = [];
    for (const system of this.#fresh.splice(0)) {
      units.push(...(this.#bySystem.get(system) ?? []));
      this.#bySystem.delete(system);
    }
    return units;
  }

  serveFresh(): void {
    for (const system of this.#fresh.splice(0)) void this.#serve(system);
  }

  async #serve(system: string): Promise<void> {
    const units = this.#bySystem.get(system) ?? [];
    for (let needed = this.#workFor(units[0]); needed; needed = this.#workFor(units[0])) {
      if (needed.kind === 'recover') await this.#recover(needed.source, units);
      else await this.#quarantine(needed.source, units);
    }
    this.#bySystem.delete(system);
    this.#deps.release(units);
  }

  #workFor(unit: WaitingUnit | undefined): { kind: 'recover' | 'quarantine'; source: SourceProgress } | undefined {
    const event = unit?.positioned;
    const source = event && this.#deps.sources.of(event);
    if (!source) return undefined;
    if (!source.isCurrent) return { kind: 'recover', source };
    return event.fields.refusal ? { kind: 'quarantine', source } : undefined;
  }

  /** Waits for a store that may come back as long as a commit does: nobody else waits for a parked source. */
  async #recover(source: SourceProgress, units: WaitingUnit[]): Promise<void> {
    const { bus, isReplicated, checkpoint, outcomes } = this.#deps;
    const attempts = { attempts: 0, waitingSinceMs: performance.now() };
    for (;;) {
      try {
        await recoverWatermarks(bus, source);
        checkpoint.touch(source);
        return;
      } catch (error) {
        const next = afterFailure(error as Error, attempts, performance.now(), { isReplicated, isUp: bus.isUp() });
        if (next === 'wait') {
          await delay(RETRY_MS);
          continue;
        }
        for (const { events } of units.splice(0)) for (const event of events) outcomes.failed(event, error);
        return;
      }
    }
  }

  /** Stores the rejected events at the front, as many as make one batch. */
  async #quarantine(source: SourceProgress, units: WaitingUnit[]): Promise<void> {
    const batch = this.#takeRejected(source, units);
    if (batch.length === 0) return;
    const { quarantine, outcomes } = this.#deps;
    try {
      await quarantine.store(
        batch.map(({ fields }) => ({ entry: fields.refusal!.record, code: fields.refusal!.problem.code })),
      );
      for (const event of batch) outcomes.quarantined(event, source);
    } catch (error) {
      for (const event of batch) outcomes.failed(event, error);
    }
    for (const event of batch) source.released(event);
  }

  #takeRejected(source: SourceProgress, units: WaitingUnit[]): WaitingEvent[] {
    const batch: WaitingEvent[] = [];
    let bytes = 0;
    while (batch.length < QUARANTINE_BATCH_RECORDS && bytes < QUARANTINE_BATCH_BYTES) {
      const event = units[0]?.first;
      if (!event?.fields.refusal || this.#deps.sources.of(event) !== source) break;
      const verdict = source.judge(event);
      // A duplicate of an event in this batch is judged again when that one is stored or has failed.
      if (verdict.kind === 'follow') break;
      units.shift();
      const screening = screenPosition(event, verdict);
      if (screening?.kind === 'answer') this.#deps.outcomes.answered(event, screening.result);
      else {
        source.taken(event);
        batch.push(event);
        bytes += event.size;
      }
    }
    return batch;
  }
}
