import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU time of processes in hundredths of a second, whatever the kernel's own tick is. */
const TICKS_PER_SECOND = 100;
/** Fields of `stat` behind the name: user and system time, then the same of children that have ended. */
const [OWN_TICKS, TICKS_WITH_ENDED] = [2, 4];

/** A running process as Linux reports it in `/proc`. On another system, and of a process that has ended, all is undefined or an empty list. */
export class LinuxProcess {
  readonly #folder: string;

  constructor(readonly pid: number) {
    this.#folder = `/proc/${pid}`;
  }

  /** User and system time. */
  get cpuSeconds(): number | undefined {
    return this.#cpuSeconds(OWN_TICKS);
  }

  /** The same with those of its children that have ended. */
  get cpuSecondsWithEnded(): number | undefined {
    return this.#cpuSeconds(TICKS_WITH_ENDED);
  }

  /** The same of its main thread, which runs the event loop of a Node process. */
  get mainThreadCpuSeconds(): number | undefined {
    return this.#cpuSeconds(OWN_TICKS, `/task/${this.pid}`);
  }

  get residentMiB(): number | undefined {
    return this.#statusMiB('VmRSS');
  }

  /** Since the start, or since `5` was written to its `clear_refs`. */
  get peakMiB(): number | undefined {
    return this.#statusMiB('VmHWM');
  }

  get descriptors(): number | undefined {
    const names = listed(`${this.#folder}/fd`);
    return names.length === 0 ? undefined : names.length;
  }

  /** Its children that its main thread has started. */
  get children(): LinuxProcess[] {
    const pids = textOf(`${this.#folder}/task/${this.pid}/children`)?.trim().split(' ') ?? [];
    return pids.filter((pid) => pid !== '').map((pid) => new LinuxProcess(Number(pid)));
  }

  /** Milliseconds for which the main thread has waited for a processor that others had. */
  get waitedMs(): number | undefined {
    return this.waitedMsByThread().get(String(this.pid));
  }

  /** The same of each thread. */
  waitedMsByThread(): Map<string, number> {
    const waits = new Map<string, number>();
    for (const thread of listed(`${this.#folder}/task`)) {
      // Nanoseconds on the run queue are the second figure.
      const waitNs = textOf(`${this.#folder}/task/${thread}/schedstat`)?.split(' ')[1];
      if (waitNs !== undefined) waits.set(thread, Number(waitNs) / 1e6);
    }
    return waits;
  }

  #cpuSeconds(fields: number, task = ''): number | undefined {
    const stat = textOf(`${this.#folder}${task}/stat`);
    // The name in parentheses may hold spaces; the fields from the third on follow it.
    const ticks = stat
      ?.slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 11 + fields);
    return ticks && ticks.reduce((sum, one) => sum + Number(one), 0) / TICKS_PER_SECOND;
  }

  #statusMiB(name: string): number | undefined {
    const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(textOf(`${this.#folder}/status`) ?? '')?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) / 1024;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
