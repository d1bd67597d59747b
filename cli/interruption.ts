/** The exit code of a command that a second signal ended by force. */
const INTERRUPTED_EXIT_CODE = 130;
const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Calls `stop` on the first signal, so that a command ends in good order; a second one ends the process at once. A SIGHUP
 * is never counted as the second: a terminal that closes sends it after its own Ctrl-C. Returns the function that stops
 * listening.
 */
export function onInterruption(stop: () => void): () => void {
  let isStopping = false;
  const listener = (signal: NodeJS.Signals) => {
    if (isStopping && signal !== 'SIGHUP') process.exit(INTERRUPTED_EXIT_CODE);
    if (isStopping) return;
    isStopping = true;
    stop();
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  return () => {
    for (const signal of SIGNALS) process.off(signal, listener);
  };
}
