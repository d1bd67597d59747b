import type { Presence } from '../processes/presence.js';
import type { Questions } from '../processes/questions.js';
import type { OpenEventStreams } from '../stream/subscriptions/open-event-streams.js';
import type { SubscriptionTable } from '../stream/subscriptions/subscription-table.js';

const QUESTION = 'open-stream';
/** The act that asks holds the ledger meanwhile, so a process that hangs is not awaited for long. */
const ANSWER_MS_MAX = 250;

export interface OpenStreamsDeps {
  table: Pick<SubscriptionTable, 'ofGrant'>;
  eventStreams: Pick<OpenEventStreams, 'has'>;
  presence: Pick<Presence, 'others'>;
  questions: Pick<Questions, 'ask' | 'answer'>;
}

/** Knows of which grants a subscription or a stream of server-sent events is open, in whichever process of the bus. */
export class OpenStreams {
  constructor(private readonly deps: OpenStreamsDeps) {}

  /** Answers other processes from now on. */
  start(): void {
    this.deps.questions.answer(QUESTION, async ({ grant }: { grant: string }) => this.#isOpenHere(grant));
  }

  async isOpen(grant: string): Promise<boolean> {
    if (this.#isOpenHere(grant)) return true;
    const { presence, questions } = this.deps;
    const others = presence.others();
    if (others.length === 0) return false;
    const untilMs = performance.now() + ANSWER_MS_MAX;
    const answers = await questions.ask<boolean>(QUESTION, { grant }, (known) => {
      const isDecided = [...known.values()].includes(true) || others.every(({ id }) => known.has(id));
      return isDecided ? 0 : untilMs - performance.now();
    });
    return [...answers.values()].includes(true);
  }

  #isOpenHere(grant: string): boolean {
    return this.deps.table.ofGrant(grant).length > 0 || this.deps.eventStreams.has(grant);
  }
}
