import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BenchOptions, benchOptions } from './bench-options.js';
import type { CpuSeconds } from './cpu-meter.js';
import { thisMachine } from './machine.js';

/** What a bench has found out. */
export interface BenchResult {
  /** The one number that the bench is about; several where it asks several questions; null where the peer is missing. */
  ratio: number | Record<string, number | null> | null;
  aim: string;
  figures: Record<string, unknown>;
  /** Per phase, per process. */
  cpuSeconds: Record<string, CpuSeconds>;
}

/** Beyond its own time a bench may need this much for set-up and end before it is given up. */
const SPARE_SECONDS = 90;
const RELEASE_MS_MAX = 20_000;

/** One run of one bench: its options, its folder, and what has to be released at its end. */
export class BenchRun {
  readonly #releases: (() => unknown)[] = [];

  constructor(
    readonly options: BenchOptions,
    readonly folder: string,
  ) {}

  /** Called at the end in any case, last in first out. */
  defer(release: () => unknown): void {
    this.#releases.push(release);
  }

  note(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  async release(): Promise<void> {
    for (let next = this.#releases.pop(); next; next = this.#releases.pop()) {
      await Promise.resolve(next()).catch((error: unknown) => this.note(`release: ${String(error)}`));
    }
  }
}

/** Runs a bench and prints its result as one JSON line. Whatever happens, its processes and its folder are gone then. */
export async function runBench(name: string, bench: (run: BenchRun) => Promise<BenchResult>): Promise<void> {
  const options = benchOptions();
  const run = new BenchRun(options, await mkdtemp(join(tmpdir(), `sluice-bench-${name}-`)));
  run.defer(() => rm(run.folder, { recursive: true, force: true, maxRetries: 5 }));
  try {
    const result = await Promise.race([bench(run), givenUp(options), interrupted(), unforeseen()]);
    const { ratio, aim, figures, cpuSeconds } = result;
    const line = { bench: name, ratio, aim, figures, cpuSeconds, machine: await thisMachine() };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  } catch (error) {
    process.stderr.write(`${(error as Error).stack ?? String(error)}\n`);
    process.exitCode = 1;
  } finally {
    const timer = setTimeout(() => process.exit(1), RELEASE_MS_MAX);
    await run.release();
    clearTimeout(timer);
  }
  // What a failed phase has left waiting must not keep the process.
  process.exit();
}

function givenUp({ seconds, minutes = 0 }: BenchOptions): Promise<never> {
  const limit = seconds + minutes * 60 + SPARE_SECONDS;
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`the bench did not end within ${limit} s`)), limit * 1000).unref();
  });
}

function interrupted(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => reject(new Error(signal)));
  });
}

/** Without this the process would end at once and leave what it has started. */
function unforeseen(): Promise<never> {
  return new Promise((_, reject) => {
    process.on('unhandledRejection', reject);
    process.on('uncaughtException', reject);
  });
}
