import type { PublishResult } from '../../../proto/frames/frames.js';
import type { Bus } from '../../nats/bus.js';
import { QUARANTINE_BATCH_BYTES, QUARANTINE_BATCH_RECORDS, type Quarantine } from '../quarantine/quarantine.js';
import { type Unit, WaitingBatch, type WaitingEvent } from '../queue/waiting-event.js';
import type { RecentIds } from './recent-ids.js';
import { screenPosition } from './screen-event.js';
import type { SourceTable } from './source-table.js';
import type { SourceWatermarks } from './source-watermarks.js';
import type { WatermarkCheckpoint } from './watermark-checkpoint.js';
import { recoverWatermarks } from './watermark-recovery.js';

export interface ParkedSourcesDeps {
  bus: Bus;
  quarantine: Quarantine;
  checkpoint: WatermarkCheckpoint;
  sources: SourceTable;
  recent: RecentIds;
  settle: (event: WaitingEvent, result: PublishResult) => void;
  fail: (event: WaitingEvent, error: unknown) => void;
  /** Gives back what may go on, in its order; called once per hold. */
  release: (units: Unit[]) => void;
}

/**
 * Systems whose events of one partition wait aside, so that others need not: while the marks of a source are read from
 * the store, or while a refused event that has a place is put into quarantine. Between what came before it and what
 * comes after: a mark that is past an event which is nowhere would make it a duplicate for ever.
 */
export class ParkedSources {
  readonly #deps: ParkedSourcesDeps;
  readonly #units = new Map<string, Unit[]>();
  /** Held since the round under way was put together: served when its commit is over. */
  #fresh: string[] = [];

  constructor(deps: ParkedSourcesDeps) {
    this.#deps = deps;
  }

  get isEmpty(): boolean {
    return this.#units.size === 0;
  }

  /** True when the system of the unit is held, and now the unit is too. */
  add(unit: Unit): boolean {
    if (this.#units.size === 0) return false;
    const held = this.#units.get(systemOf(unit));
    held?.push(unit);
    return held !== undefined;
  }

  hold(unit: Unit): void {
    const system = systemOf(unit);
    this.#units.set(system, [unit]);
    this.#fresh.push(system);
  }

  /** Ends the fresh holds and returns their units: what was to come before them goes again. */
  takeFresh(): Unit[] {
    const units: Unit[] = [];
    for (const system of this.#fresh.splice(0)) {
      units.push(...(this.#units.get(system) ?? []));
      this.#units.delete(system);
    }
    return units;
  }

  serveFresh(): void {
    for (const system of this.#fresh.splice(0)) void this.#serve(system);
  }

  async #serve(system: string): Promise<void> {
    const units = this.#units.get(system) ?? [];
    for (let needed = this.#workFor(units[0]); needed; needed = this.#workFor(units[0])) {
      if (needed.kind === 'recover') await this.#recover(needed.source, units);
      else await this.#quarantine(needed.source, units);
    }
    this.#units.delete(system);
    this.#deps.release(units);
  }

  #workFor(unit: Unit | undefined): { kind: 'recover' | 'quarantine'; source: SourceWatermarks } | undefined {
    const event = unit instanceof WaitingBatch ? (unit.events.find((one) => one.fields.place) ?? unit.events[0]) : unit;
    const source = event && this.#deps.sources.of(event);
    if (!source) return undefined;
    if (!source.isCurrent) return { kind: 'recover', source };
    return event.fields.refusal ? { kind: 'quarantine', source } : undefined;
  }

  async #recover(source: SourceWatermarks, units: Unit[]): Promise<void> {
    try {
      await recoverWatermarks(this.#deps.bus, source);
      this.#deps.checkpoint.touch(source);
    } catch (error) {
      for (const unit of units.splice(0)) {
        for (const event of unit instanceof WaitingBatch ? unit.events : [unit]) this.#deps.fail(event, error);
      }
    }
  }

  /** The refused events at the front, as many as make one batch. */
  async #quarantine(source: SourceWatermarks, units: Unit[]): Promise<void> {
    const batch = this.#takeRefused(source, units);
    if (batch.length === 0) return;
    const { quarantine, checkpoint, settle, fail } = this.#deps;
    try {
      await quarantine.store(
        batch.map(({ fields }) => ({ entry: fields.refusal!.record, code: fields.refusal!.problem.code })),
      );
      for (const event of batch) {
        const { place, id, refusal } = event.fields;
        source.epoch(place!.epoch).advance(place!.position, undefined);
        settle(event, { id, problem: refusal!.problem });
      }
      checkpoint.touch(source);
    } catch (error) {
      for (const event of batch) fail(event, error);
    }
    for (const { fields } of batch) source.epoch(fields.place!.epoch).end();
  }

  #takeRefused(source: SourceWatermarks, units: Unit[]): WaitingEvent[] {
    const batch: WaitingEvent[] = [];
    let bytes = 0;
    while (batch.length < QUARANTINE_BATCH_RECORDS && bytes < QUARANTINE_BATCH_BYTES) {
      const event = units[0];
      if (!event || event instanceof WaitingBatch || !event.fields.refusal) break;
      if (this.#deps.sources.of(event) !== source) break;
      const verdict = source.judge(event, event.fields.place!);
      // A duplicate of one in this batch: judged again when that one is stored or failed.
      if (verdict.kind === 'follow') break;
      units.shift();
      const screening = screenPosition(event, verdict, this.#deps.recent);
      if (screening?.kind === 'answer') this.#deps.settle(event, screening.result);
      else {
        source.epoch(event.fields.place!.epoch).begin(event);
        batch.push(event);
        bytes += event.size;
      }
    }
    return batch;
  }
}

const systemOf = (unit: Unit): string => (unit instanceof WaitingBatch ? unit.system : unit.fields.route.system);
