import type { NatsConnection, Status } from '@nats-io/transport-node';

/**
 * The client of one connection as far as an attempt to connect goes. It does not declare these; without one of them less is known
 * (docs/decisions/0390).
 */
interface DiallingClient {
  protocol?: {
    server?: { listen?: string };
    transport?: { readonly isClosed: boolean };
    /** The first is rejected with the reason for which the attempt in progress fails. */
    pongs?: readonly Promise<void>[];
    /** Ends the attempt in progress; absent while connected. */
    connectError?: ((reason: Error) => void) | undefined;
  };
}

/**
 * Follows the attempts of the client to get its connection back. The client reports neither that one failed nor why, and two kinds of
 * failure it does not notice by itself: a server that refuses with anything but an authorization error, such as "maximum connections
 * exceeded", and one that closes the connection without a word, such as a proxy with nothing behind it. It then waits out its whole
 * connect time-out of ten seconds. This ends such an attempt as soon as its connection is closed, so that the next one follows.
 *
 * Invariant: an attempt is ended only when its own connection is closed. See docs/decisions/0340.
 */
export class ReconnectAttempts {
  readonly #client: DiallingClient;
  #refusal: Error | undefined;

  constructor(
    connection: NatsConnection,
    /** Called for each attempt that failed. */
    private readonly onFailed: (why: string, server: string) => void,
  ) {
    this.#client = connection as unknown as DiallingClient;
  }

  /** To be called with every status of the connection, in order. */
  follow(status: Status): void {
    if (status.type === 'error') this.#refusal = status.error;
    else if (status.type === 'reconnecting') this.#begin();
    else if (status.type === 'disconnect') this.#closed();
  }

  #begin(): void {
    const { protocol } = this.#client;
    const server = protocol?.server?.listen;
    this.#refusal = undefined;
    protocol?.pongs?.[0]?.catch((error: Error) => this.onFailed(whyOf(error), server ?? 'the server'));
  }

  #closed(): void {
    const { protocol } = this.#client;
    if (protocol?.transport?.isClosed) protocol.connectError?.(this.#refusal ?? new Error(CLOSED));
  }
}

const CLOSED = 'it closed the connection without an answer';

/** The client's own words for a connection that ended before the server had said anything. */
const NO_ERROR = /undefined error/;
/** The error of the client for an attempt that ran into the connect time-out, and was given up for the next one. */
const GIVEN_UP = 'RequestError';

function whyOf(error: Error | undefined): string {
  if (error?.name === GIVEN_UP || error?.name === 'TimeoutError') return 'it does not answer in time';
  return error === undefined || NO_ERROR.test(error.message) ? CLOSED : error.message;
}
