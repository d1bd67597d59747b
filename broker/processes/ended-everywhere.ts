import { setTimeout as delay } from 'node:timers/promises';
import type { Presence } from './presence.js';
import type { Questions } from './questions.js';

const QUESTION = 'ended';
/** A process that is well answers in milliseconds; one that needs longer is logged. */
const PROMPT_MS = 1_000;
/** Clients that do not read are disconnected half a second after their right has ended. */
const OWN_MS_MAX = 2_000;

export interface EndedEverywhereDeps {
  presence: Pick<Presence, 'others' | 'stoppedAtMs'>;
  questions: Pick<Questions, 'ask' | 'answer'>;
  warn(message: string): void;
}

/** Resolves when this process has taken the ledger record, and what it ended here has left the process or was dropped. */
export type Ended = (seq: number) => Promise<void>;

/**
 * Delays the answer to an act that ends rights until they have ended in every process of the bus.
 *
 * The act stands with its ledger record, and each process ends what runs under the right when it reads that record. Most do
 * so before the answer to the act is written, but one that is frozen does not, and whoever suspended a grant must be able to
 * say from when on nothing more went out. So all processes are asked; one that does not answer has stopped when its
 * view of the ledger is stale.
 */
export class EndedEverywhere {
  readonly #conditions = new Set<Ended>();

  constructor(private readonly deps: EndedEverywhereDeps) {}

  /** Adds what has to have ended in this process, in order; returns the function that takes it out. */
  require(condition: Ended): () => void {
    this.#conditions.add(condition);
    return () => this.#conditions.delete(condition);
  }

  /** Answers other processes from now on. */
  start(): void {
    this.deps.questions.answer(QUESTION, async ({ seq }: { seq: number }) => this.#here(seq));
  }

  /** Resolves when rights that a record has ended are not used by any process any more. Never rejects. */
  async since(seq: number): Promise<void> {
    const endedAtMs = performance.now();
    await Promise.all([this.#elsewhere(seq, endedAtMs), this.#hereInTime(seq)]);
  }

  async #here(seq: number): Promise<void> {
    for (const condition of this.#conditions) await condition(seq);
  }

  async #hereInTime(seq: number): Promise<void> {
    const ending = new AbortController();
    const late = delay(OWN_MS_MAX, undefined, { signal: ending.signal }).catch(() => undefined);
    await Promise.race([this.#here(seq).catch(() => undefined), late]);
    ending.abort();
  }

  async #elsewhere(seq: number, endedAtMs: number): Promise<void> {
    const { presence, questions, warn } = this.deps;
    const awaited = new Map(presence.others().map((other) => [other.id, presence.stoppedAtMs(other, endedAtMs)]));
    if (awaited.size === 0) return;
    const waitMs = (answers: ReadonlyMap<string, unknown>): number => {
      const silent = [...awaited].filter(([id]) => !answers.has(id));
      return Math.max(0, ...silent.map(([, stoppedAtMs]) => stoppedAtMs - performance.now()));
    };
    const answers = await questions.ask(QUESTION, { seq }, waitMs);
    const tookMs = Math.round(performance.now() - endedAtMs);
    const silent = [...awaited.keys()].filter((id) => !answers.has(id)).length;
    if (silent > 0 || tookMs > PROMPT_MS) {
      warn(
        `ledger record ${seq}: ${silent} of ${awaited.size} other processes did not confirm; answered after ${tookMs} ms`,
      );
    }
  }
}
