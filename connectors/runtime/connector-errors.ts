/** What goes wrong at the department's side. Messages name tables, columns and files, never values and never a secret. */
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
 * The source or destination can't be reached at the moment, or the bus where a connector asks it something itself. The runner
 * waits and tries again, for as long as it takes, and says which side it waits for.
 */
export class PeerGoneError extends ConnectorError {
  override readonly name = 'PeerGoneError';
  readonly side: 'bus' | 'peer';
  constructor(message: string, { side = 'peer', ...options }: ErrorOptions & { side?: 'bus' | 'peer' } = {}) {
    super('PEER_GONE', message, options);
    this.side = side;
  }
}

/** Everything wrong with a configuration, at once. */
export class ConnectorConfigError extends ConnectorError {
  override readonly name = 'ConnectorConfigError';
  constructor(readonly problems: string[]) {
    super('CONFIG_INVALID', `the configuration has ${problems.length} problem(s):\n- ${problems.join('\n- ')}`);
  }
}

/** One delivered event that this sink can never store; everything before it is stored. */
export class PoisonEventError extends ConnectorError {
  override readonly name = 'PoisonEventError';
  constructor(
    readonly position: number,
    /** Goes to the dead letters: no values. */
    readonly reason: string,
  ) {
    super('POISON_EVENT', `the event at ${position} can not be stored: ${reason}`);
  }
}

/** The source is not set up in the way that a connector needs; somebody has to change it. */
export class SourceUnfitError extends ConnectorError {
  override readonly name = 'SourceUnfitError';
  constructor(message: string, options?: ErrorOptions) {
    super('SOURCE_UNFIT', message, options);
  }
}

/** The destination is not what this sink can write to; somebody has to change it. */
export class SinkUnfitError extends ConnectorError {
  override readonly name = 'SinkUnfitError';
  constructor(message: string, options?: ErrorOptions) {
    super('SINK_UNFIT', message, options);
  }
}

/** The bus will not take events of this entry from this system at all, so going on would only lose them. */
export class BusRefusesError extends ConnectorError {
  override readonly name = 'BusRefusesError';
  constructor(message: string) {
    super('BUS_REFUSES', message);
  }
}
