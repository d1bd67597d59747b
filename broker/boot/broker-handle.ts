import type { Serving } from './serving/serve-http.js';

/** The exchange as its starter sees it, in one process or in several. */
export interface BrokerHandle {
  /** No platform is registered: the lawful procedure is not enforced. */
  readonly trial: boolean;
  /** Token of the first operator when it was generated at this start; shown once, stored nowhere. */
  readonly newOperatorToken: string | undefined;
  /** Resolves with the reason when the broker must not go on serving; pending as long as it may. */
  readonly mustEnd: Promise<Error>;
  /** Resolves when events can be published and streamed. */
  start(): Promise<Serving>;
  /** Reads the certificate of the broker's own TLS again; without TLS it does nothing. */
  reloadTls(): void;
  /** Takes nothing new, finishes what is in flight, closes everything. Safe to call twice and before `start`. */
  drain(): Promise<void>;
}
