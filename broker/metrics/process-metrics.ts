import { monitorEventLoopDelay } from 'node:perf_hooks';
import { collectDefaultMetrics, type Registry } from 'prom-client';
import { VERSION } from '../version.js';
import type { MetricFactory } from './metric-factory.js';

/** The hold of two such spans is reported, so that every scrape sees it, whoever else scrapes. */
const SPAN_MS = 30_000;
/** Timer of the measurement: one of 10 ms, the library's default, is a third of what a quiet broker costs. */
const RESOLUTION_MS = 50;

/** Gauges of prom-client that end like counters, which `promtool check metrics` objects to. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** The library leaves it out of the sum over workers, and a worker that starts again and again would be seen by nobody. */
const START_TIME = 'process_start_time_seconds';

/** The build that runs, and the longest hold of its event loop. */
export class ProcessMetrics {
  constructor(make: MetricFactory, registry: Registry) {
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: RESOLUTION_MS });
    for (const name of [...MISNAMED, START_TIME]) registry.removeSingleMetric(name);
    make
      .gauge(START_TIME, 'Start time of the process since unix epoch in seconds; of workers the newest', {
        aggregator: 'max',
      })
      .set(Math.round(performance.timeOrigin / 1000));
    const build = make.gauge('sluice_build_info', 'The program that runs: always 1', {
      labels: ['version', 'node'],
      aggregator: 'max',
    });
    build.set({ version: VERSION, node: process.version }, 1);
    const held = new LongestHold();
    make.gauge(
      'sluice_event_loop_hold_max_seconds',
      'Longest time within the last minute that one turn of the event loop kept all others waiting',
      { aggregator: 'max', collect: () => held.seconds },
    );
  }
}

class LongestHold {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #previousNs = 0;

  constructor() {
    this.#delay.enable();
    setInterval(() => {
      this.#previousNs = this.#delay.max;
      this.#delay.reset();
    }, SPAN_MS).unref();
  }

  get seconds(): number {
    return Math.max(0, Math.max(this.#previousNs, this.#delay.max) / 1e9 - RESOLUTION_MS / 1000);
  }
}
