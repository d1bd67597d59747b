import type { Msg } from '@nats-io/transport-node';
import type { Bus } from '../nats/bus.js';

/** Core NATS subjects of questions, one each. */
const ASKED = 'sluice.processes.asked';
/** Questions that one process answers at a time; further ones get no answer, as if it hung. */
const ANSWERING_MAX = 1_000;

export interface QuestionsDeps {
  bus: Bus;
  /** Id of this process. */
  id: string;
  warn(message: string, error?: unknown): void;
}

/** Answers by the id of the process that gave them. */
export type Answers<A> = ReadonlyMap<string, A>;

/** Asks all other processes of the bus, each of which answers by itself or not at all. */
export class Questions {
  readonly #ends: (() => void)[] = [];
  /** Ends what is being asked. */
  readonly #asking = new Set<() => void>();
  #answering = 0;

  constructor(private readonly deps: QuestionsDeps) {}

  /** From now on this process answers that question; a rejection is no answer. */
  answer<Q, A>(name: string, answer: (question: Q) => Promise<A>): void {
    const subscription = this.deps.bus.nc.subscribe(`${ASKED}.${name}`, {
      callback: (error, message) => {
        if (!error) void this.#answer(message, answer);
      },
    });
    this.#ends.push(() => subscription.unsubscribe());
  }

  /**
   * Resolves with the answers that came before `waitMs`, asked again after each of them, was 0 or less. Never rejects: what
   * cannot be asked is not answered.
   */
  ask<A>(name: string, question: object, waitMs: (answers: Answers<A>) => number): Promise<Answers<A>> {
    const { bus, id } = this.deps;
    const answers = new Map<string, A>();
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const done = (): void => {
        clearTimeout(timer);
        this.#asking.delete(done);
        if (!bus.nc.isClosed()) subscription.unsubscribe();
        resolve(answers);
      };
      const look = (): void => {
        clearTimeout(timer);
        const restMs = waitMs(answers);
        if (restMs > 0) timer = setTimeout(look, restMs);
        else done();
      };
      const inbox = bus.newInbox();
      const subscription = bus.nc.subscribe(inbox, {
        callback: (error, message) => {
          if (error) return;
          const { from, answer } = message.json<{ from: string; answer: A }>();
          answers.set(from, answer);
          look();
        },
      });
      this.#asking.add(done);
      bus.nc.publish(`${ASKED}.${name}`, JSON.stringify({ from: id, question }), { reply: inbox });
      look();
    });
  }

  /** Resolves what is being asked with the answers up to now. */
  stop(): void {
    for (const done of [...this.#asking]) done();
    for (const end of this.#ends.splice(0)) end();
  }

  async #answer<Q, A>(message: Msg, answer: (question: Q) => Promise<A>): Promise<void> {
    const { id, warn } = this.deps;
    const { from, question } = message.json<{ from: string; question: Q }>();
    if (from === id || this.#answering >= ANSWERING_MAX) return;
    this.#answering++;
    try {
      message.respond(JSON.stringify({ from: id, answer: await answer(question) }));
    } catch (error) {
      warn('a question of another broker was not answered', error);
    } finally {
      this.#answering--;
    }
  }
}
