import type { Answer, Report, Request } from './worker-messages.js';

type Act = (body: never) => unknown;

/** Serves requests of the bench until it disconnects; a load process never outlives its bench. */
export function serveAsWorker(acts: Record<string, Act>): void {
  process.on('disconnect', () => process.exit());
  // Ctrl-C in the terminal reaches the whole process group: the bench decides when its load ends.
  process.on('SIGINT', () => {});
  process.on('message', (request: Request) => void answer(acts, request));
}

export function report(what: string, body: unknown): void {
  process.send?.({ report: what, body } satisfies Report);
}

async function answer(acts: Record<string, Act>, { number, act, body }: Request): Promise<void> {
  let result: Answer;
  try {
    result = { number, body: await acts[act]?.(body as never) };
  } catch (error) {
    result = { number, failed: (error as Error).stack ?? String(error) };
  }
  process.send?.(result);
}
