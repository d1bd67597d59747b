import type { Clock } from '../clock/clock.js';
import { promiseClock } from '../clock/clock-kinds.js';
import {
  type ClockOrder,
  type ClockRules,
  endClock,
  extendClock,
  hasFallenLate,
  judged,
  pauseClock,
  rerunClock,
  resumeClock,
  startClock,
} from '../clock/clock-rules.js';
import type { ProcedureFile } from '../files/file.js';

/**
 * The clocks of one file during one act. The newest clock with an id counts; a promise of R23 goes with the statutory
 * clock that it belongs to. Clocks that an act finds late are collected, and recorded with the act.
 */
export class FileClocks {
  readonly fallenLate: Clock[] = [];

  constructor(
    private readonly file: ProcedureFile,
    private readonly rules: ClockRules,
    private readonly nowMs: number,
  ) {}

  find(id: string): Clock | undefined {
    return this.file.clocks.findLast((clock) => clock.id === id);
  }

  /** The clock as it is at this moment. */
  now(id: string): Clock | undefined {
    const clock = this.find(id);
    return clock && judged(clock, this.nowMs);
  }

  isLate(id: string): boolean {
    return this.now(id)?.state === 'late';
  }

  start(order: ClockOrder, promisedDays?: number): void {
    this.#add(order);
    if (promisedDays === undefined || order.unit !== 'wd') return;
    this.#add({ ...order, id: promiseClock(order.id), length: promisedDays });
  }

  end(id: string): void {
    this.#change(id, (clock) => endClock(clock, this.nowMs));
  }

  pause(id: string): void {
    this.#change(id, (clock) => pauseClock(clock, this.nowMs));
  }

  resume(id: string): void {
    this.#change(id, (clock) => resumeClock(clock, this.rules, this.nowMs));
  }

  extend(id: string, days: number): void {
    this.#change(id, (clock) => extendClock(clock, days, this.rules, this.nowMs));
  }

  rerun(id: string): void {
    this.#change(id, (clock) => rerunClock(clock, this.nowMs));
  }

  /** Lets every clock fall late that is due by now. */
  judgeAll(): void {
    for (const [index, clock] of this.file.clocks.entries()) this.#set(index, judged(clock, this.nowMs));
  }

  #add(order: ClockOrder): void {
    this.file.clocks.push(startClock(order, this.rules, this.nowMs));
    const added = this.file.clocks.at(-1) as Clock;
    if (added.state === 'late') this.fallenLate.push(added);
  }

  #change(id: string, change: (clock: Clock) => Clock): void {
    for (const one of [id, promiseClock(id)]) {
      const index = this.file.clocks.findLastIndex((clock) => clock.id === one);
      const clock = this.file.clocks[index];
      if (clock) this.#set(index, change(clock));
    }
  }

  #set(index: number, after: Clock): void {
    const before = this.file.clocks[index];
    this.file.clocks[index] = after;
    if (hasFallenLate(before, after)) this.fallenLate.push(after);
  }
}
