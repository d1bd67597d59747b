/** Ctrl-C ends a command in good order; a second one ends it at once. */
const INTERRUPTED_EXIT_CODE = 130;

/** Calls `stop` on the first SIGINT or SIGTERM. Returns the function that takes the listening away. */
export function onInterruption(stop: () => void): () => void {
  let isStopping = false;
  const listener = () => {
    if (isStopping) process.exit(INTERRUPTED_EXIT_CODE);
    isStopping = true;
    stop();
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  return () => {
    process.off('SIGINT', listener);
    process.off('SIGTERM', listener);
  };
}
