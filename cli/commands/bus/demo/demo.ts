import { join } from 'node:path';
import type { BrokerHandle } from '../../../../broker/boot/broker-handle.js';
import { createBroker } from '../../../../broker/broker.js';
import type { Config } from '../../../../broker/config.js';
import { BusApi } from '../../../../client/bus-api.js';
import { ApiError, RevokedError } from '../../../../client/errors.js';
import { pause } from '../../../../client/pause.js';
import { Subscriber } from '../../../../client/subscribe/subscriber.js';
import { SimulationProgressFile } from '../../../../connectors/simulator/simulation-progress-file.js';
import { Simulator } from '../../../../connectors/simulator/simulator.js';
import type { DeliveredEvent } from '../../../../proto/event/event.js';
import { UsageError } from '../../../exit-codes.js';
import type { Terminal } from '../../../terminal.js';
import { APPLY_TIMEOUT_MS } from '../../bundles/apply.js';
import { introduction } from './introduction.js';
import { LiveView } from './live-view.js';
import { operatorToken } from './operator-token.js';
import { publisherTokens, type SampleDepartments, sampleDepartments, sampleGrant } from './sample-departments.js';

export interface DemoOptions {
  config: Config;
  seed: number;
  eventsPerSecond: number;
  terminal: Terminal;
  /** Events as NDJSON on standard output, everything for people on standard error. */
  json: boolean;
}

/** The grant that is followed: births, as the health commission may see them. */
const SHOWN_GRANT = 'g-health-births';
const VIEWER = 'health commission';
const CURSOR = 'demo-terminal';
/** Bounds the time until a restored grant is followed again. */
const REVOKED_RETRY_MS = 1_000;
/**
 * The simulator's progress is stored this often. After a crash the next start sends what came since again; the bus
 * answers it as duplicates.
 */
const PROGRESS_SAVE_INTERVAL_MS = 2_000;

/**
 * The whole bus in this process, with sample departments, a simulated city and a view of what one department receives.
 */
export class Demo {
  readonly #stop = new AbortController();
  /** Released last in, first out: producers end before what they write to. */
  readonly #releases: (() => unknown)[] = [];

  constructor(private readonly options: DemoOptions) {}

  /** Resolves when everything is closed after `stop`; rejects when it could not start or go on. */
  async run(): Promise<void> {
    try {
      await this.#run();
      await this.#print('stopping the simulator, then the subscriber, then the bus');
    } finally {
      for (let release = this.#releases.pop(); release; release = this.#releases.pop()) await release();
    }
    await this.#print('everything is closed; the next start continues from here');
  }

  /** Begins an orderly end; `run` resolves when it is complete. */
  stop(): void {
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    const { config, seed, eventsPerSecond, terminal } = this.options;
    const departments = await sampleDepartments();
    const given = config.bootstrapToken;
    const { token, path } =
      given === undefined ? await operatorToken(config.dataDir) : { token: given, path: undefined };
    const startedMs = performance.now();
    const { broker, url } = await this.#startBroker({ ...config, bootstrapToken: token });
    const startedInMs = performance.now() - startedMs;
    await applySample(url, token, departments);
    const progress = new SimulationProgressFile(join(config.dataDir, 'demo-simulation.json'), seed);
    const found = await progress.read();
    const { dataDir } = config;
    const facts = { url, trial: broker.trial, dataDir, tokenPath: path, departments, startedInMs, found };
    for (const line of introduction(facts)) await this.#print(line);
    if (this.#stop.signal.aborted) return;
    const view = new LiveView(terminal, { source: 'civil affairs', subscriber: VIEWER });
    const watching = this.#watch(url, departments, view);
    const tokens = publisherTokens(departments);
    const simulating = this.#simulate({ url, seed, eventsPerSecond, tokens, startAt: found }, progress, view);
    await Promise.race([watching, simulating, aborted(this.#stop.signal)]);
  }

  async #print(line: string): Promise<void> {
    const { terminal, json } = this.options;
    if (json) terminal.err(line);
    else await terminal.out(line);
  }

  async #startBroker(config: Config): Promise<{ broker: BrokerHandle; url: string }> {
    const broker = await createBroker(config);
    this.#releases.push(() => broker.drain());
    const { url } = await broker.start();
    return { broker, url };
  }

  /** Follows the grant for as long as the demo runs, also while an operator suspends and restores it. */
  async #watch(url: string, departments: SampleDepartments, view: LiveView): Promise<void> {
    const { token } = sampleGrant(departments, SHOWN_GRANT).system;
    let subscriber: Subscriber | undefined;
    let isRevoked = false;
    this.#releases.push(() => subscriber?.close());
    while (!this.#stop.signal.aborted) {
      subscriber = new Subscriber({ url, token, grant: SHOWN_GRANT, cursor: CURSOR });
      try {
        for await (const { event } of subscriber) {
          isRevoked = false;
          await this.#show(event, view);
        }
      } catch (error) {
        if (!(error instanceof RevokedError)) throw error;
        // Printed once, however many retries follow.
        if (!isRevoked) await this.#print(`${VIEWER} no longer receives events: ${error.code}: ${error.message}`);
        isRevoked = true;
        await pause(REVOKED_RETRY_MS, this.#stop.signal);
      }
    }
  }

  #show(event: DeliveredEvent, view: LiveView): Promise<void> {
    return this.options.json ? this.options.terminal.out(JSON.stringify(event)) : view.receivedEvent(event);
  }

  async #simulate(
    options: { url: string; seed: number; startAt: number; eventsPerSecond: number; tokens: Record<string, string> },
    progress: SimulationProgressFile,
    view: LiveView,
  ): Promise<void> {
    const simulator = new Simulator({
      ...options,
      onPublished: (event, position) => {
        if (event.type === 'fujian-civil-affairs.birth') view.published(event, position);
      },
      onRefused: (error) => this.options.terminal.err(`refused: ${error.code}: ${error.message}`),
    });
    const warn = (error: Error) =>
      this.options.terminal.err(`the progress of the simulation is not saved: ${error.message}`);
    const saving = setInterval(() => progress.write(simulator.next).catch(warn), PROGRESS_SAVE_INTERVAL_MS);
    this.#releases.push(async () => {
      clearInterval(saving);
      await simulator.stop();
      await progress.write(simulator.next);
    });
    await simulator.run();
  }
}

async function applySample(url: string, token: string, { bundle }: SampleDepartments): Promise<void> {
  try {
    const api = new BusApi({ url, token });
    await api.json('/v1/bundles', { method: 'POST', body: bundle, timeoutMs: APPLY_TIMEOUT_MS });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'NOT_AUTHENTICATED') throw error;
    throw new UsageError(
      'the data were founded with another operator: give its token in SLUICE_BOOTSTRAP_TOKEN, or another folder with --data',
    );
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
