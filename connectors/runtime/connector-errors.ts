/** Codes of failures at the department's side. Messages name tables, columns and files, never a value and never a secret. */
export type ConnectorCode =
  | 'PEER_GONE'
  | 'CONFIG_INVALID'
  | 'POISON_EVENT'
  | 'SOURCE_UNFIT'
  | 'SINK_UNFIT'
  | 'BUS_REFUSES';

export class ConnectorError extends Error {
  override readonly name: string = 'ConnectorError';
  constructor(
    readonly code: ConnectorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * The source or destination is unreachable at the moment, or the bus is where a connector calls it directly. The runner retries
 * without limit and reports which side it waits for.
 */
export class PeerGoneError extends ConnectorError {
  override readonly name = 'PeerGoneError';
  readonly side: 'bus' | 'peer';
  /** Shortest pause before the next attempt, where the other side asked for one. */
  readonly retryAfterMs: number | undefined;
  constructor(
    message: string,
    {
      side = 'peer',
      retryAfterMs,
      ...options
    }: ErrorOptions & { side?: 'bus' | 'peer'; retryAfterMs?: number | undefined } = {},
  ) {
    super('PEER_GONE', message, options);
    this.side = side;
    this.retryAfterMs = retryAfterMs;
  }
}

/** A configuration that cannot work. It lists every problem at once. */
export class ConnectorConfigError extends ConnectorError {
  override readonly name = 'ConnectorConfigError';
  constructor(readonly problems: string[]) {
    super('CONFIG_INVALID', `the configuration has ${problems.length} problem(s):\n- ${problems.join('\n- ')}`);
  }
}

/** One delivered event that the sink can never store. Everything before it is stored. */
export class PoisonEventError extends ConnectorError {
  override readonly name = 'PoisonEventError';
  constructor(
    readonly position: number,
    /** Stored with the dead letter, so it holds no value of the event. */
    readonly reason: string,
  ) {
    super('POISON_EVENT', `the event at position ${position} cannot be stored: ${reason}`);
  }
}

/** The source is not set up as the connector needs it, and somebody has to change that. */
export class SourceUnfitError extends ConnectorError {
  override readonly name: string = 'SourceUnfitError';
  constructor(message: string, options?: ErrorOptions) {
    super('SOURCE_UNFIT', message, options);
  }
}

/** The sink cannot write to the destination as it is, and somebody has to change that. */
export class SinkUnfitError extends ConnectorError {
  override readonly name = 'SinkUnfitError';
  constructor(message: string, options?: ErrorOptions) {
    super('SINK_UNFIT', message, options);
  }
}

/** The bus refuses every event of this entry from this system, so going on would only fill the quarantine. */
export class BusRefusesError extends ConnectorError {
  override readonly name = 'BusRefusesError';
  constructor(message: string) {
    super('BUS_REFUSES', message);
  }
}
