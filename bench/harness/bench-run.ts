import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BenchOptions, benchOptions } from './bench-options.js';
import type { CpuSeconds } from './cpu-meter.js';
import { thisMachine } from './machine.js';

/** The result of a bench, printed as one line of JSON. */
export interface BenchResult {
  /**
   * The one number that the bench is about; several where it asks several questions; null where the peer is not
   * installed.
   */
  ratio: number | Record<string, number | null> | null;
  aim: string;
  figures: Record<string, unknown>;
  /** CPU seconds per phase and process. */
  cpuSeconds: Record<string, CpuSeconds>;
}

const SPARE_SECONDS = 90;
const RELEASE_MS_MAX = 20_000;

/** One run of one bench: its options, its folder, and the resources to release at its end. */
export class BenchRun {
  readonly #releases: (() => unknown)[] = [];

  constructor(
    readonly options: BenchOptions,
    readonly folder: string,
  ) {}

  /** Registers a release that runs at the end in any case, last in first out. */
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

export interface BenchTraits {
  /** The folder stays for the next run. */
  isKept?: boolean;
  /** Time for set-up and end on top of the bench's own, in seconds; after it the run is given up. */
  spareSeconds?: number;
}

/**
 * Runs a bench and prints its result as one JSON line. However it ends, its processes are ended, and its folder is removed
 * unless it is kept.
 */
export async function runBench(
  name: string,
  bench: (run: BenchRun) => Promise<BenchResult>,
  { isKept = false, spareSeconds = SPARE_SECONDS }: BenchTraits = {},
): Promise<void> {
  const options = benchOptions();
  const run = new BenchRun(options, await folderOf(name, options, isKept));
  if (!isKept) run.defer(() => rm(run.folder, { recursive: true, force: true, maxRetries: 5 }));
  try {
    const result = await Promise.race([bench(run), givenUp(options, spareSeconds), interrupted(), unforeseen()]);
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
  // A failed phase may leave timers and sockets open; they must not keep the process alive.
  process.exit();
}

async function folderOf(name: string, { folder }: BenchOptions, isKept: boolean): Promise<string> {
  if (!isKept) return mkdtemp(join(tmpdir(), `sluice-bench-${name}-`));
  const kept = folder ?? join(tmpdir(), `sluice-bench-${name}`);
  await mkdir(kept, { recursive: true, mode: 0o700 });
  return kept;
}

function givenUp({ seconds, minutes = 0 }: BenchOptions, spareSeconds: number): Promise<never> {
  const limit = seconds + minutes * 60 + spareSeconds;
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`the bench did not end within ${limit} s`)), limit * 1000).unref();
  });
}

function interrupted(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => reject(new Error(signal)));
  });
}

/** Without this an unhandled rejection would end the process at once and leave its children running. */
function unforeseen(): Promise<never> {
  return new Promise((_, reject) => {
    process.on('unhandledRejection', reject);
    process.on('uncaughtException', reject);
  });
}
