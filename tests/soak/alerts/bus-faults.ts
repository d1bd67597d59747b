import { QUARANTINE_STREAM, RECEIPTS_STREAM } from '../../../broker/nats/stream-names.js';
import { pause } from '../../../client/pause.js';
import { OPERATOR_TOKEN } from '../../support/broker/broker.js';
import { spawnBroker } from '../../support/broker/broker-process.js';
import { connect, temporaryFolder } from '../../support/nats/nats.js';
import { call } from '../../support/raw-client/raw-http.js';
import { allBurns, type Fault } from './fault.js';
import { SCALE, type Stage } from './stage.js';

const MIB = 1024 * 1024;
const LONG_TEXT = 'x'.repeat(200_000);

/** Calls `again` until the returned function is called, which resolves when the last call is over. */
export function keepOn(again: () => Promise<unknown>, everyMs: number): () => Promise<void> {
  const ending = new AbortController();
  const running = (async () => {
    while (!ending.signal.aborted) {
      // The fault may end what is called: it goes on.
      await again().catch(() => undefined);
      await pause(everyMs, ending.signal);
    }
  })();
  return async () => {
    ending.abort();
    await running;
  };
}

/** Before its first rounds the canary is owed nothing. */
const ROUNDS = 'sum(sluice_canary_rounds_total{outcome="delivered"}) > 10';

async function killBroker(stage: Stage): Promise<() => Promise<void>> {
  await stage.untilSeen(ROUNDS, 'some rounds of the canary');
  await stage.broker.kill();
  return () => stage.startBroker();
}

async function cutNats(stage: Stage): Promise<() => Promise<void>> {
  await stage.proxy!.cut();
  // Refused at once, and kept for their source, which the store does not do now.
  const stop = keepOn(() => stage.publish(stage.events(1, { data: { id: 7 } })), 50);
  return async () => {
    await stop();
    await stage.proxy!.restore();
  };
}

async function fillLog(stage: Stage): Promise<() => Promise<void>> {
  return keepOn(() => stage.publish(stage.events(2, { data: { id: 'long', text: LONG_TEXT }, subject: 'long' })), 50);
}

/** To what it holds already, on a server outside the broker. */
async function limitReceipts(stage: Stage): Promise<() => Promise<void>> {
  const session = await stage.session();
  await session.subscribe({ grant: 'g', from: 'latest' });
  const { jsm } = await connect(stage.t, stage.nats!);
  const limitTo = async (max_bytes: number): Promise<void> => {
    const { config } = await jsm.streams.info(RECEIPTS_STREAM);
    await jsm.streams.update(RECEIPTS_STREAM, { ...config, max_bytes });
  };
  await limitTo((await jsm.streams.info(RECEIPTS_STREAM)).state.bytes);
  return () => limitTo(-1);
}

/** A limit of messages, which the bus gives no stream, on a server outside the broker. */
async function limitMessages(stage: Stage): Promise<() => Promise<void>> {
  await stage.publish(stage.events(1, { data: { id: 7 } } as never));
  const { jsm } = await connect(stage.t, stage.nats!);
  const limitTo = async (max_msgs: number): Promise<void> => {
    const { config } = await jsm.streams.info(QUARANTINE_STREAM);
    await jsm.streams.update(QUARANTINE_STREAM, { ...config, max_msgs });
  };
  await limitTo(1);
  return () => limitTo(-1);
}

/** Another program writes to the disk of the store, slowly for a minute, so that it can be seen where this leads. */
async function fillDisk({ disk }: Stage): Promise<() => Promise<void>> {
  let free = 30 * MIB;
  const stop = keepOn(async () => {
    if (free > 11 * MIB) free -= 0.4 * MIB;
    disk!.fillUpTo(free);
  }, 1_000);
  return async () => {
    await stop();
    disk!.empty();
  };
}

/** Above the second that a revocation may take, and below the 3 s of the shortest window, which must see it. */
const FROZEN_MS = 1_150;

/** A broker is frozen while another one takes the act that ends a grant, again and again. */
async function freezeBroker(stage: Stage): Promise<() => Promise<void>> {
  const other = await spawnBroker(stage.t, await temporaryFolder(stage.t), { ...stage.env, SLUICE_PORT: '0' });
  const act = (name: string) =>
    call({ url: other.url, token: OPERATOR_TOKEN }, 'POST', `/v1/grants/g/${name}`, '{"reason":"a fault"}');
  return keepOn(async () => {
    const session = await stage.session();
    await session.subscribe({ grant: 'g', from: 'latest' });
    stage.broker.child.kill('SIGSTOP');
    const frozen = pause(FROZEN_MS, new AbortController().signal);
    // Its answer waits for the frozen broker.
    const suspended = act('suspend');
    await frozen;
    stage.broker.child.kill('SIGCONT');
    await suspended;
    await act('restore');
    await session.close();
  }, 1_000);
}

/** More than a week, shortened as all durations are, passes for the broker: its clock is set ahead. */
async function letTimePass(stage: Stage): Promise<() => Promise<void>> {
  const laterMs = Math.round(1.2 * SCALE.seconds('7d') * 1000);
  await stage.publish(stage.events(1, { data: { id: 7 } } as never));
  await stage.broker.stop();
  await stage.setClockAhead(laterMs);
  await stage.startBroker();
  return async () => {
    await stage.broker.stop();
    await stage.setClockAhead(0);
    await stage.startBroker();
  };
}

export const BUS_FAULTS: readonly Fault[] = [
  {
    what: 'the broker is killed',
    canary: true,
    fires: [{ alert: 'SluiceBrokerDown', labels: { severity: 'page', job: 'sluice' } }, ...allBurns('canary')],
    make: killBroker,
  },
  {
    what: 'the network to NATS is cut',
    natsOutside: true,
    config: 'ledgerSightMs: 1000',
    fires: [
      { alert: 'SluiceNatsDown', labels: { severity: 'page' } },
      { alert: 'SluiceLedgerStale', labels: { severity: 'page' } },
      { alert: 'SluiceQuarantineMissed', labels: { severity: 'ticket', party: 'north' } },
    ],
    make: cutNats,
  },
  {
    what: 'the log of a partition is full',
    config: `maxBytesPerPartition: ${MIB}`,
    fires: [{ alert: 'SluiceStoreFull', labels: { severity: 'page' } }, ...allBurns('accepted')],
    make: fillLog,
  },
  {
    what: 'somebody limits the stream of receipts',
    natsOutside: true,
    fires: [{ alert: 'SluiceStreamFull', labels: { severity: 'ticket', stream: RECEIPTS_STREAM } }],
    make: limitReceipts,
  },
  {
    what: 'somebody gives a stream a limit of messages',
    natsOutside: true,
    fires: [
      { alert: 'SluiceStreamChanged', labels: { severity: 'ticket', stream: QUARANTINE_STREAM } },
      { alert: 'SluiceStreamFull', labels: { severity: 'ticket', stream: QUARANTINE_STREAM } },
    ],
    make: limitMessages,
  },
  {
    what: 'the disk fills',
    diskMegabytes: 64,
    fires: [
      { alert: 'SluiceStoreFilling', labels: { severity: 'ticket' } },
      { alert: 'SluiceStoreFullSoon', labels: { severity: 'ticket' } },
    ],
    make: fillDisk,
  },
  {
    what: 'a broker is frozen while a grant is suspended',
    natsOutside: true,
    fires: [{ alert: 'SluiceRevocationSlow', labels: { severity: 'page' } }],
    make: freezeBroker,
  },
  {
    what: 'a refused event is left alone',
    fires: [{ alert: 'SluiceQuarantineOld', labels: { severity: 'ticket', party: 'north' } }],
    make: letTimePass,
  },
];
