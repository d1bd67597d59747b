/** How old a count may be; meanwhile this process adds what it stores itself. */
const COUNT_AGE_MS_MAX = 10_000;

interface Usage {
  messages: number;
  countedAtMs: number;
  isCounting: boolean;
}

/**
 * Messages that the store holds of each system. Asking the store for every event would cost more than storing it, so its
 * count is taken in the background, at most every ten seconds and only for systems that are asked about.
 */
export class SystemUsage {
  readonly #bySystem = new Map<string, Usage>();

  /** `count` asks the store; `clockMs` is monotonic. */
  constructor(
    private readonly count: (system: string) => Promise<number>,
    private readonly clockMs: () => number,
  ) {}

  /** 0 until the first count has come: a quota is for the long run, and a store that does not answer refuses by itself. */
  messages(system: string): number {
    const usage = this.#usageOf(system);
    if (!usage.isCounting && this.clockMs() - usage.countedAtMs > COUNT_AGE_MS_MAX) void this.#count(system, usage);
    return usage.messages;
  }

  add(system: string, messages: number): void {
    this.#usageOf(system).messages += messages;
  }

  async #count(system: string, usage: Usage): Promise<void> {
    usage.isCounting = true;
    try {
      usage.messages = await this.count(system);
    } catch {
      // The count before stays; the store reports its own troubles.
    }
    usage.countedAtMs = this.clockMs();
    usage.isCounting = false;
  }

  #usageOf(system: string): Usage {
    let usage = this.#bySystem.get(system);
    if (!usage) {
      usage = { messages: 0, countedAtMs: Number.NEGATIVE_INFINITY, isCounting: false };
      this.#bySystem.set(system, usage);
    }
    return usage;
  }
}
