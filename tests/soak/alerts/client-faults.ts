import { pause } from '../../../client/pause.js';
import { emptyLog } from '../../support/broker/truncated-log.js';
import { connect } from '../../support/nats/nats.js';
import { call } from '../../support/raw-client/raw-http.js';
import { head, RawSocket } from '../../support/raw-client/raw-socket.js';
import { keepOn } from './bus-faults.js';
import { allBurns, type Fault } from './fault.js';
import { SCALE, type Stage } from './stage.js';
import { permitGrant, READER_TOKEN } from './stage-bundle.js';

const forever = new AbortController().signal;

/** A subscriber takes one event and acknowledges none, under a grant that ends in half a week, shortened as all durations are. */
async function neverAcknowledge(stage: Stage): Promise<() => Promise<void>> {
  const to = new Date(Date.now() + (SCALE.seconds('7d') / 2) * 1000).toISOString();
  await stage.apply({ grants: [permitGrant({ from: '2020-01-01', to })] });
  const session = await stage.session();
  const subscription = await session.subscribe({ grant: 'g', from: 'earliest', credit: 1 });
  await stage.publish(stage.events(5));
  const [first] = await subscription.collect(1);
  // A grant without a cursor has no lag; this one has acknowledged once.
  subscription.ack(first!.position);
  await subscription.collect(2);
  return async () => {
    for (let count = 2; count <= 5; count++) {
      const events = await subscription.collect(count);
      subscription.ack(events.at(-1)!.position);
    }
    await stage.apply({ grants: [permitGrant()] });
  };
}

async function rejectEvents(stage: Stage): Promise<() => Promise<void>> {
  const session = await stage.session();
  const subscription = await session.subscribe({ grant: 'g', from: 'earliest' });
  let rejected = 0;
  return keepOn(async () => {
    await stage.publish(stage.events(1));
    const events = await subscription.collect(++rejected);
    subscription.reject(events.at(-1)!.position, 'no use for it');
  }, 200);
}

/** The table of a source no longer fits its entry. */
async function publishWrongType(stage: Stage): Promise<() => Promise<void>> {
  return keepOn(() => stage.publish(stage.events(2, { data: { id: 7 } } as never)), 100);
}

async function loseLog(stage: Stage): Promise<() => Promise<void>> {
  await stage.publish(stage.events(3));
  const bus = await connect(stage.t, stage.nats!);
  return keepOn(async () => {
    const session = await stage.session();
    const subscription = await session.subscribe({ grant: 'g', from: 'latest' });
    await emptyLog(bus, 'EV_0');
    await emptyLog(bus, 'EV_1');
    await stage.publish(stage.events(1));
    await session.until(() => subscription.ended !== undefined, 'the subscription to end');
  }, 500);
}

async function beSilent(stage: Stage): Promise<() => Promise<void>> {
  return keepOn(async () => {
    const socket = await RawSocket.open(stage.t, stage.url);
    socket.write(
      head('GET /v1/stream', {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'MDEyMzQ1Njc4OWFiY2RlZg==',
        'sec-websocket-protocol': 'sluice.v1.json',
        authorization: `Bearer ${READER_TOKEN}`,
      }),
    );
    await socket.closed;
  }, 100);
}

/** A client goes on with a token that was replaced. */
async function useWrongToken(stage: Stage): Promise<() => Promise<void>> {
  return keepOn(() => call({ url: stage.url, token: 'replaced-token-of-this-soak' }, 'GET', '/v1/grants'), 200);
}

/** Entries that promise an event every day were published two days ago, and their source has sent none. */
async function publishNothing(stage: Stage): Promise<() => Promise<void>> {
  await stage.broker.stop();
  await stage.setClockAhead(0);
  await stage.startBroker();
  return async () => {
    const both = ['north.permit', 'north.licence'].flatMap((type) => stage.events(1, { type }));
    await stage.publish(both);
  };
}

const BACKLOG = 'ALERTS{alertname="SluiceIntakeBacklog",alertstate="firing"}';

/** NATS answers once in more than a second, while a source sends all it has. */
async function stallNats(stage: Stage): Promise<() => Promise<void>> {
  const subscribe = async () => {
    const session = await stage.session();
    return session.subscribe({ grant: 'g', from: 'latest', credit: 100_000 });
  };
  let live = await subscribe();
  const acknowledging = keepOn(async () => {
    // A stall that outlasts the sight of the ledger ends the subscription.
    if (live.ended || live.isLost) live = await subscribe();
    const last = live.events.at(-1);
    if (last) live.ack(last.position);
  }, 50);
  const both = () => ['north.permit', 'north.licence'].flatMap((type) => stage.events(3_500, { type }));
  const publishing = [keepOn(() => stage.publish(both()), 10), keepOn(() => stage.publish(both()), 10)];
  let stalls = 0;
  const stalling = keepOn(async () => {
    stage.proxy!.stall();
    // The first one lasts until the queue was seen.
    if (stalls++ === 0) await stage.untilSeen(BACKLOG, 'the backlog').catch(() => undefined);
    else await pause(1_200, forever);
    stage.proxy!.flow();
  }, 60);
  return async () => {
    await stalling();
    await acknowledging();
    for (const stop of publishing) await stop();
  };
}

export const CLIENT_FAULTS: readonly Fault[] = [
  {
    what: 'a subscriber does not acknowledge',
    fires: [
      { alert: 'SluiceSubscribersBehind', labels: { severity: 'ticket' } },
      { alert: 'SluiceGrantLagging', labels: { severity: 'ticket', party: 'south', grant: 'g', cursor: 'default' } },
      { alert: 'SluiceGrantEnding', labels: { severity: 'ticket', party: 'south', grant: 'g' } },
    ],
    make: neverAcknowledge,
  },
  {
    what: 'a subscriber rejects events',
    fires: [{ alert: 'SluiceDeadLetters', labels: { severity: 'ticket', party: 'south' } }],
    make: rejectEvents,
  },
  {
    what: 'a source does not fit its entry',
    fires: [{ alert: 'SluiceQuarantineGrowing', labels: { severity: 'ticket', party: 'north', code: 'ITEM_INVALID' } }],
    make: publishWrongType,
  },
  {
    what: 'a client has a wrong token',
    fires: [{ alert: 'SluiceLoginsFailing', labels: { severity: 'ticket' } }],
    make: useWrongToken,
  },
  {
    what: 'a source publishes less often than declared',
    startedDaysAgo: 2,
    fires: [{ alert: 'SluiceEntriesLate', labels: { severity: 'ticket', party: 'north' } }],
    make: publishNothing,
  },
  {
    what: 'the logs are lost',
    natsOutside: true,
    fires: [{ alert: 'SluicePositionGone', labels: { severity: 'ticket' } }],
    make: loseLog,
  },
  {
    what: 'a client is silent',
    config: 'heartbeatMs: 100',
    fires: [{ alert: 'SluiceClientsNotReading', labels: { severity: 'ticket', party: 'south', code: '4408' } }],
    make: beSilent,
  },
  {
    what: 'NATS is slow',
    natsOutside: true,
    fires: [
      { alert: 'SluiceCommitSlow', labels: { severity: 'ticket' } },
      { alert: 'SluiceIntakeBacklog', labels: { severity: 'ticket' } },
      ...allBurns('live_delivery'),
    ],
    make: stallNats,
  },
];
