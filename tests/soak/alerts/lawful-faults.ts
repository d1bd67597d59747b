import { found, lawfulClient, YEAR } from '../../support/lawful/lawful-bus.js';
import { P } from '../../support/lawful/people.js';
import { keepOn } from './bus-faults.js';
import type { Fault } from './fault.js';
import type { Stage } from './stage.js';

const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes ...').toString('base64')}`;
/** Nothing listens there. */
const NOBODY = 'https://127.0.0.1:1/notices';

/** Founds the bus; the returned function lets a department appoint one officer after the other. */
async function foundWithActs(stage: Stage) {
  const bus = lawfulClient(() => stage.url);
  await found(bus, YEAR);
  let officers = 0;
  const act = () => {
    const id = `officer-${++officers}`;
    return bus.act('gao', '/v1/officers', { id, name: { en: id }, roles: ['reviewer'] });
  };
  return { bus, act };
}

/** The webhook of a department is away; notices are given up after a minute instead of a day. */
async function loseWebhook(stage: Stage): Promise<() => Promise<void>> {
  const { bus, act } = await foundWithActs(stage);
  const set = await bus.as('gao', 'PUT', `/v1/parties/${P}/webhook`, { url: NOBODY, secret: SECRET });
  if (set.status !== 200) throw new Error(`the webhook was answered ${set.status}`);
  // One: the more wait, the later is each sent for the first time, and only then given up.
  await act();
  return async () => undefined;
}

/** The data folder has no space left, while the store is on servers elsewhere. */
async function fillDataFolder(stage: Stage): Promise<() => Promise<void>> {
  const { act } = await foundWithActs(stage);
  stage.disk!.fillUpTo(0);
  const stop = keepOn(act, 1_000);
  return async () => {
    stage.disk!.empty();
    await stop();
  };
}

/** Only a registered bus has the procedure. */
export const LAWFUL_FAULTS: readonly Fault[] = [
  {
    what: 'the webhook of a department is away',
    lawful: true,
    mutation: {
      file: 'broker/procedure/webhooks/notice-queue.js',
      from: 'GIVEN_UP_MS = 24 * 3_600_000',
      to: 'GIVEN_UP_MS = 60_000',
    },
    fires: [
      { alert: 'SluiceNoticesWaiting', labels: { severity: 'ticket', party: P } },
      { alert: 'SluiceNoticesGivenUp', labels: { severity: 'ticket', party: P } },
    ],
    make: loseWebhook,
  },
  {
    what: 'the disk of the data folder is full, and the store is elsewhere',
    lawful: true,
    natsOutside: true,
    diskMegabytes: 64,
    fires: [
      { alert: 'SluiceProjectionBehind', labels: { severity: 'page' } },
      { alert: 'SluiceJournalNotWritten', labels: { severity: 'page' } },
    ],
    make: fillDataFolder,
  },
];
