/** Exit codes of every command; `sluice --help` lists them. */
export const EXIT = {
  OK: 0,
  /** The bus refused the request, or a check failed. */
  REFUSED: 1,
  /** The command line, a variable or a file is wrong. */
  USAGE: 2,
  /** The bus cannot be reached or is not ready: the same command may work later. */
  UNREACHABLE: 3,
} as const;

/** Ends a command with this exit code after it has printed everything worth printing. */
export class CommandEnded extends Error {
  override readonly name = 'CommandEnded';
  constructor(readonly exitCode: number) {
    super(`exit code ${exitCode}`);
  }
}

/** Something on the command line, in the environment or in a file is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  constructor(
    message: string,
    readonly problems: readonly string[] = [],
  ) {
    super(message);
  }
}
