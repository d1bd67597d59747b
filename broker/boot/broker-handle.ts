import type { Serving } from './serve-http.js';

/** The exchange as its starter sees it, in one process or in several. */
export interface BrokerHandle {
  /** No platform is registered: the lawful procedure is not enforced. */
  readonly trial: boolean;
  /** The token of the first operator when it was made up at this start; shown once, stored nowhere. */
  readonly newOperatorToken: string | undefined;
  /** Resolves when events can be published and streamed. */
  start(): Promise<Serving>;
  /** Takes nothing new, finishes what is under way, closes everything. Safe to call twice and before `start`. */
  drain(): Promise<void>;
}
