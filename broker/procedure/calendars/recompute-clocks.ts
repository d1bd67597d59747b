import type { Act } from '../../ledger/record.js';
import { isRecomputed, recomputeClock } from '../clock/clock-rules.js';
import type { World } from '../engine/machine.js';
import type { ActRunner } from '../engine/run-act.js';
import type { FileRef } from '../files/file.js';
import type { FileReader } from '../files/file-reader.js';

/** Clocks of one page, which make at most as many records of one batch. */
const PAGE_CLOCKS = 500;
/** Pages without a clock to be changed that one append looks at. */
const PAGES_PER_APPEND = 4;

export interface RecomputeDeps {
  world: Pick<World, 'rules' | 'recomputes'>;
  reader: Pick<FileReader, 'clocks'>;
  /** Acts at a moment, on the state that record `head` has made. */
  runnerAt(head: number, nowMs: number): ActRunner;
}

/**
 * Computes the clocks of a new calendar again, batch by batch. A clock that another broker or an act has computed already is
 * skipped, so each is recorded once; a changed clock gets a new place at the end of the projection and is met once more.
 */
export class ClockRecomputing {
  #calendar: string | undefined;
  #after: number | undefined;
  #next: number | undefined;

  constructor(private readonly deps: RecomputeDeps) {}

  get isOpen(): boolean {
    return this.deps.world.recomputes.first !== undefined;
  }

  /** The acts of the next batch. None say that there may be more: `stored` is to be called, and then this again. */
  async decide(head: number): Promise<Act[]> {
    const { world, runnerAt } = this.deps;
    const open = world.recomputes.first;
    if (!open) return [];
    if (open.calendar !== this.#calendar) [this.#calendar, this.#after] = [open.calendar, undefined];
    const runner = runnerAt(head, open.atMs);
    this.#next = this.#after;
    for (let pages = 0; pages < PAGES_PER_APPEND; pages++) {
      const { files, next } = await this.#page(open.calendar, open.atMs);
      for (const ref of files) {
        const file = await runner.batch.get(ref);
        if (file) runner.recomputeOpen(file);
      }
      const acts = runner.batch.toActs();
      if (next === undefined) return acts.length > 0 ? acts : [world.recomputes.endOf(open.calendar)];
      this.#next = next;
      if (acts.length > 0) return acts;
    }
    return [];
  }

  /** The acts of `decide` are stored. */
  stored(): void {
    this.#after = this.#next;
  }

  /** Files with a clock that changes. */
  async #page(calendar: string, atMs: number): Promise<{ files: FileRef[]; next?: number }> {
    const { reader, world } = this.deps;
    const year = Number(/@(\d{4})\./.exec(calendar)?.[1]);
    const after = this.#next;
    const page = await reader.clocks({ year, isOpen: true, limit: PAGE_CLOCKS, ...(after !== undefined && { after }) });
    const changed = page.clocks.filter(({ clock }) => isRecomputed(clock, recomputeClock(clock, world.rules, atMs)));
    const files = new Map(changed.map(({ file }) => [`${file.kind}/${file.id}`, file]));
    return { files: [...files.values()], ...(page.next !== undefined && { next: page.next }) };
  }
}
