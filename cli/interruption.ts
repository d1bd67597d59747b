/** Ctrl-C ends a command in good order; a second one ends it at once. */
const INTERRUPTED_EXIT_CODE = 130;

/** Calls `stop` on the first of the signals. Returns the function that takes the listening away. */
export function onInterruption(
  stop: () => void,
  signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'],
): () => void {
  let isStopping = false;
  const listener = () => {
    if (isStopping) process.exit(INTERRUPTED_EXIT_CODE);
    isStopping = true;
    stop();
  };
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}
