import { readFileSync } from 'node:fs';

/** How long a program may outlive the `npx` that started it before it begins to end. */
const CHECK_INTERVAL_MS = 200;

/**
 * Ends this process in good order when the `npx` that started it is gone.
 *
 * `npx sluice …` runs a shell between itself and this process. SIGTERM reaches `npx`, which passes it to the shell, which
 * dies of it and passes nothing on: the broker would stay behind with its nats-server. An `npx` that is killed outright
 * leaves the shell as well. Whether both are still the ancestors of this process is the one sign that always comes. SIGHUP
 * says that the terminal is gone: commands with something to finish take it as a wish to end, never as the second one that
 * ends by force; all others die of it.
 */
export function endWithNpx(env: NodeJS.ProcessEnv): void {
  if (env.npm_lifecycle_event !== 'npx') return;
  const shell = process.ppid;
  const npx = parentOf(shell);
  const timer = setInterval(() => {
    if (process.ppid === shell && parentOf(shell) === npx) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGHUP');
  }, CHECK_INTERVAL_MS);
  timer.unref();
}

/** The parent of another process where the system says so in `/proc`; elsewhere always undefined. */
function parentOf(pid: number): string | undefined {
  try {
    // The name of the program stands in parentheses before it and may hold anything.
    return /^.*\) \S (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
