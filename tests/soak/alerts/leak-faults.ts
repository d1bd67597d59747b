import { canaryGrantId } from '../../../proto/canary.js';
import { keepOn } from './bus-faults.js';
import type { Fault } from './fault.js';
import type { Stage } from './stage.js';

const PROJECTION = 'broker/stream/views/projection.js';
const SEALS = 'broker/stream/seal-receipts.js';
const QUICK_LEAK_CHECK = 'leakCheck: { intervalMs: 100, cpuPercent: 50 }';

/** The broker runs as a copy with a fault; it is ended, and the right one takes its place. */
async function replaceBroker(stage: Stage): Promise<() => Promise<void>> {
  return async () => {
    await stage.broker.kill();
    await stage.startBroker();
  };
}

async function followBrokenView(stage: Stage): Promise<() => Promise<void>> {
  // Each ends with INTERNAL, and a client subscribes again.
  const stop = keepOn(async () => {
    const session = await stage.session();
    await session.subscribe({ grant: 'g', from: 'latest' });
    await stage.publish(stage.events(1));
  }, 200);
  const replace = await replaceBroker(stage);
  return async () => {
    await stop();
    await replace();
  };
}

/** Its timer for seals is far away; a department has received something. */
async function deliverUnsealed(stage: Stage): Promise<() => Promise<void>> {
  const session = await stage.session();
  const subscription = await session.subscribe({ grant: 'g', from: 'latest' });
  await stage.publish(stage.events(1));
  const [event] = await subscription.collect(1);
  subscription.ack((event as { position: number }).position);
  return replaceBroker(stage);
}

async function stopCanary(stage: Stage): Promise<() => Promise<void>> {
  await stage.stopCanary();
  return () => stage.startCanary();
}

async function suspendCanary(stage: Stage): Promise<() => Promise<void>> {
  await stage.act('POST', `/v1/grants/${canaryGrantId(0)}/suspend`, { reason: 'a fault' });
  return async () => void (await stage.act('POST', `/v1/grants/${canaryGrantId(0)}/restore`, { reason: 'over' }));
}

export const LEAK_FAULTS: readonly Fault[] = [
  {
    what: 'the projection of a broker copies every item',
    canary: true,
    config: QUICK_LEAK_CHECK,
    mutation: {
      file: PROJECTION,
      from: 'this.#plain[cursor.number] === true',
      to: 'this.#plain[cursor.number] !== null',
    },
    fires: [
      { alert: 'SluiceCanaryLeak', labels: { severity: 'page', medium: 'stream' } },
      { alert: 'SluiceViewLeak', labels: { severity: 'page' } },
    ],
    make: replaceBroker,
  },
  {
    what: 'the projection of a broker throws an error',
    config: QUICK_LEAK_CHECK,
    mutation: { file: PROJECTION, from: 'project(record) {', to: 'project(record) { throw new TypeError("a fault");' },
    fires: [
      { alert: 'SluiceInternalError', labels: { severity: 'page' } },
      { alert: 'SluiceViewWrong', labels: { severity: 'ticket', kind: 'failed' } },
    ],
    make: followBrokenView,
  },
  {
    what: 'a broker does not seal its receipts',
    mutation: { file: SEALS, from: 'SEAL_INTERVAL_MS = 3_600_000', to: 'SEAL_INTERVAL_MS = 2_000_000_000' },
    fires: [{ alert: 'SluiceReceiptsUnsealed', labels: { severity: 'ticket' } }],
    make: deliverUnsealed,
  },
  {
    what: 'the canary is stopped',
    canary: true,
    fires: [{ alert: 'SluiceCanaryDown', labels: { severity: 'ticket', job: 'sluice-canary' } }],
    make: stopCanary,
  },
  {
    what: 'a grant of the canary is suspended',
    canary: true,
    fires: [{ alert: 'SluiceCanaryPaused', labels: { severity: 'ticket', reason: 'suspended' } }],
    make: suspendCanary,
  },
];
