import type { Logger } from 'pino';
import type { Bus } from '../nats/bus.js';
import { EndedEverywhere } from './ended-everywhere.js';
import { Presence } from './presence.js';
import { Questions } from './questions.js';

export interface OpenProcessesDeps {
  bus: Bus;
  /** Time without the ledger after which this process stops delivering. */
  staleAfterMs: number;
  log: Logger;
}

/** The other processes of the bus, as this one knows them. */
export interface Processes {
  presence: Presence;
  questions: Questions;
  endedEverywhere: EndedEverywhere;
  /** To be called when nothing is delivered any more: from then on nobody waits for this process. */
  close(): void;
}

/** Announces this process to the others, and answers them. */
export async function openProcesses({ bus, staleAfterMs, log }: OpenProcessesDeps): Promise<Processes> {
  const warn = (message: string, error?: unknown): void => log.warn({ err: error }, message);
  const presence = new Presence({ bus, staleAfterMs });
  const questions = new Questions({ bus, id: presence.id, warn });
  const endedEverywhere = new EndedEverywhere({ presence, questions, warn });
  endedEverywhere.start();
  await presence.start();
  const close = (): void => {
    presence.stop();
    questions.stop();
  };
  return { presence, questions, endedEverywhere, close };
}
