import type { BrokerProcess } from '../processes/broker-process.js';
import type { BenchRun } from './bench-run.js';
import { CpuMeter, type CpuSeconds, cpuSum, type Roles } from './cpu-meter.js';
import type { Opened } from './subscriber-group.js';
import { pause } from './wait-until.js';

/** Two heartbeats: an idle session answers every second one. The kernel counts CPU in hundredths of a second, of which two in this time are 0.1 % of a core. */
const IDLE_MS_MIN = 20_000;

/** The phases of a bench of sessions, with the CPU that each takes. */
export class SessionPhases {
  readonly cpuSeconds: Record<string, CpuSeconds> = {};
  readonly #meters: Roles;

  constructor(
    private readonly run: BenchRun,
    private readonly broker: BrokerProcess,
    subscribers: number,
  ) {
    this.#meters = { ...broker.roles, subscribers };
  }

  async opened(name: string, act: () => Promise<Opened>) {
    const meter = await CpuMeter.start(this.#meters);
    const opened = await act();
    const { cpuSeconds } = await meter.read();
    this.cpuSeconds[name] = cpuSeconds;
    const sessions = opened.times.count;
    const brokerMs = msEach(cpuSeconds, ['broker'], sessions);
    const figures = { ...opened, brokerMs, allMs: msEach(cpuSeconds, Object.keys(this.broker.roles), sessions) };
    this.run.note(`${name}: ${JSON.stringify(figures)}`);
    return figures;
  }

  /** Percent of a core that the broker takes while nothing is done. */
  async idle(name: string): Promise<number> {
    const meter = await CpuMeter.start(this.#meters);
    await pause(Math.max(IDLE_MS_MIN, (this.run.options.seconds / 4) * 1000));
    const { cpuSeconds, seconds } = await meter.read();
    this.cpuSeconds[name] = cpuSeconds;
    const percent = round((cpuSum(cpuSeconds, ['broker']) / seconds) * 100);
    this.run.note(`${name}: ${percent} % of a core`);
    return percent;
  }
}

function msEach(used: CpuSeconds, roles: string[], sessions: number): number {
  return round((cpuSum(used, roles) / sessions) * 1000);
}

export function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
