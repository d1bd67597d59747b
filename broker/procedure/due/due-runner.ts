import { setTimeout as delay } from 'node:timers/promises';
import { sharedTurn } from '../../../proto/async/shared-turns.js';
import { SluiceError } from '../../../proto/errors.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Act } from '../../ledger/record.js';
import { dueMoment } from '../files/due-moment.js';
import type { ProcedureFile } from '../files/file.js';
import type { DueFile, FileReader } from '../files/file-reader.js';
import { DueBatch, keyOf } from './due-batch.js';

/** Decides on a file at the moment that falls due; the acts follow record `head`. */
export type DecideDue = (file: ProcedureFile, atMs: number, head: number) => Act[] | Promise<Act[]>;

/** Work of the bus that comes before everything that falls due, in batches. */
export interface WorkBefore {
  readonly isOpen: boolean;
  /** Acts of the next batch, after record `head`; none when there was nothing to do so far. */
  decide(head: number): Promise<Act[]>;
  /** The acts are stored. */
  stored(): void;
}

export interface DueRunnerDeps {
  ledger: Pick<Ledger, 'head' | 'appendAll'>;
  files: Pick<FileReader, 'due' | 'getMany'>;
  /** Time of the bus, in milliseconds since 1970. */
  clock(): number;
  decideDue: DecideDue;
  /** Clocks that a calendar changes: none of them may be acted on as they were. */
  before?: WorkBefore | undefined;
  /** Called whenever nothing was found due, with the means to look again. */
  onNothingDue?(isNothingDue: () => Promise<boolean>): Promise<void>;
  warn(message: string, error?: unknown): void;
}

const LOOK_MS = 500;
/** Files of one look into the projection. */
const FILES_MAX = 300;
/** While another broker acts on what is due. */
const STAND_BACK_MIN_MS = 500;
const STAND_BACK_MAX_MS = 1_500;
/** After a failure of the store. */
const RETRY_MS = 1_000;
/** Times that a file may still be due at the same moment after the bus has acted on it. */
const SAME_MOMENT_MAX = 5;
/** A file on which nothing can be decided is tried again after so long. */
const PARKED_MS = 60_000;
const PARKED_MAX = 10_000;

/**
 * Acts on everything that falls due, in the order of its moment. Runs on every broker; the append lets only the decision
 * through that was made on the newest state, so each is recorded once (docs/decisions/0136).
 */
export class DueRunner {
  readonly #deps: DueRunnerDeps;
  /** Key of a file with its moment → when it is tried again, by the monotonic clock. At another moment the file is not parked. */
  readonly #parked = new Map<string, number>();
  /** Key and moment → how often the bus acted on it. */
  readonly #acted = new Map<string, number>();
  readonly #ending = new AbortController();
  #wake: () => void = () => {};
  #running: Promise<void> | undefined;
  #isAnotherFaster = false;

  constructor(deps: DueRunnerDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Looks at once instead of at the next half second. */
  lookNow(): void {
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    this.#wake();
    await this.#running;
  }

  get #isStopped(): boolean {
    return this.#ending.signal.aborted;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        if (await this.#actOnce()) continue;
        if (this.#isAnotherFaster)
          await this.#pause(STAND_BACK_MIN_MS + Math.random() * (STAND_BACK_MAX_MS - STAND_BACK_MIN_MS));
        else {
          await this.#deps.onNothingDue?.(async () => (await this.#due()).length === 0);
          await this.#untilWoken();
        }
      } catch (error) {
        if (this.#isStopped) return;
        this.#deps.warn('what falls due could not be acted on, it is tried again', error);
        await this.#pause(RETRY_MS);
      }
    }
  }

  /** Appends one batch; false when nothing is due, or another broker is at it. */
  async #actOnce(): Promise<boolean> {
    const { before } = this.#deps;
    this.#isAnotherFaster = false;
    if (before?.isOpen) return this.#workBefore(before);
    let firstDue: string | undefined;
    let taken: DueFile[] = [];
    const records = await this.#deps.ledger.appendAll(
      async (head) => {
        const due = await this.#due();
        const first = due[0] ? momentKey(due[0]) : '';
        // The guard runs again because somebody acted; if on what is due, that broker goes on with it.
        this.#isAnotherFaster = firstDue !== undefined && firstDue !== first;
        firstDue ??= first;
        if (this.#isAnotherFaster || due.length === 0 || before?.isOpen) return [];
        const decided = await this.#decide(due, head);
        taken = decided.taken;
        return decided.acts;
      },
      { atomic: true },
    );
    if (records.length > 0) this.#noteActed(taken);
    return records.length > 0;
  }

  /** False when another broker is at it. */
  async #workBefore(work: WorkBefore): Promise<boolean> {
    let first: string | undefined;
    await this.#deps.ledger.appendAll(
      async (head) => {
        const acts = await work.decide(head);
        const id = acts[0]?.id ?? '';
        this.#isAnotherFaster = first !== undefined && first !== id;
        first ??= id;
        return this.#isAnotherFaster ? [] : acts;
      },
      { atomic: true },
    );
    if (!this.#isAnotherFaster) work.stored();
    return !this.#isAnotherFaster;
  }

  async #due(): Promise<DueFile[]> {
    const now = performance.now();
    for (const [key, untilMs] of this.#parked) if (untilMs <= now) this.#parked.delete(key);
    const due = await this.#deps.files.due(this.#deps.clock(), FILES_MAX + this.#parked.size);
    return due.filter((file) => !this.#parked.has(momentKey(file)));
  }

  async #decide(due: readonly DueFile[], head: number): Promise<{ acts: Act[]; taken: DueFile[] }> {
    const files = await this.#deps.files.getMany(due, head);
    const batch = new DueBatch();
    const taken: DueFile[] = [];
    for (const [index, one] of due.entries()) {
      const file = files[index];
      if (!file) continue;
      if (!batch.mayTake(one, one.atMs)) break;
      // Another broker has acted on it since it was found due.
      if (dueMoment(file) !== one.atMs) continue;
      const acts = await this.#decideOne(file, one, head);
      if (acts.length > 0 && !batch.add(acts)) break;
      if (acts.length > 0) taken.push(one);
      await sharedTurn();
    }
    return { acts: batch.acts, taken };
  }

  async #decideOne(file: ProcedureFile, due: DueFile, head: number): Promise<Act[]> {
    try {
      const acts = await this.#deps.decideDue(file, due.atMs, head);
      if (acts.length === 0) this.#park(due, 'nothing was decided on it');
      return acts;
    } catch (error) {
      // A failure of the store concerns all files.
      if (error instanceof SluiceError && error.code === 'STORE_UNAVAILABLE') throw error;
      this.#park(due, 'the decision on it failed', error);
      return [];
    }
  }

  /** A file that stays due at the same moment whatever is recorded would fill the ledger. */
  #noteActed(files: readonly DueFile[]): void {
    if (this.#acted.size > PARKED_MAX) this.#acted.clear();
    for (const file of files) {
      const key = momentKey(file);
      const times = (this.#acted.get(key) ?? 0) + 1;
      this.#acted.set(key, times);
      if (times >= SAME_MOMENT_MAX) this.#park(file, `it was acted on ${times} times and is still due`);
    }
  }

  #park(file: DueFile, why: string, error?: unknown): void {
    if (this.#parked.size >= PARKED_MAX) return;
    this.#parked.set(momentKey(file), performance.now() + PARKED_MS);
    this.#deps.warn(`${keyOf(file)} is due and parked for a minute: ${why}`, error);
  }

  #untilWoken(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LOOK_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#ending.signal }).catch(() => {});
  }
}

const momentKey = (file: DueFile): string => `${keyOf(file)} ${file.atMs}`;
