import { deferred } from '@nats-io/transport-node';
import t from 'tap';
import { follow, person, startStream } from '../../../tests/support/broker/stream-follow.js';
import { lastPerSubject } from '../../nats/read/log-reader.js';
import type { Stream } from '../open-stream.js';

const PAGE = { system: 'reader', grant: 'g', cursor: 'pages', from: 'earliest', limit: 10, narrow: undefined } as const;

/** Holds back the receipt that is opened next; `asked` resolves when it is about to be stored. */
function holdReceipt({ receipts: { chain } }: Stream): { asked: Promise<void>; release: () => void } {
  const append = chain.append.bind(chain);
  const [asked, held] = [deferred<void>(), deferred<void>()];
  chain.append = async (party, grant, act) => {
    if (act.act === 'open') {
      asked.resolve();
      await held;
    }
    return append(party, grant, act);
  };
  return { asked, release: () => held.resolve() };
}

t.test('a page read under a grant that then loses an item is not handed out, nor counted as delivered', async (t) => {
  const { fixture, stream } = await startStream(t);
  await fixture.publish('create', person(1));
  const { asked, release } = holdReceipt(stream);
  const page = stream.pages.pull(PAGE);
  page.catch(() => undefined);
  await asked;
  fixture.grant({ id: 'g', items: [{ name: 'id' }] });
  release();
  await t.rejects(page, { code: 'GRANT_CHANGED' });
  const closing = (await lastPerSubject(fixture.bus, 'RECEIPTS', '>')).map(({ data }) =>
    JSON.parse(Buffer.from(data).toString()),
  );
  t.match(closing.at(-1), { act: 'close', sent: 0, reason: 'REFUSED' });
  const again = await stream.pages.pull(PAGE);
  t.equal(again.events.length, 1);
});

t.test('an event that is redriven while its grant is suspended is not answered and stays on the list', async (t) => {
  const { fixture, stream } = await startStream(t);
  const position = await fixture.publish('create', person(1));
  const { sink, subscription } = await follow(stream);
  await sink.until(() => sink.positions.length === 1);
  await subscription.reject(position, 'unreadable');
  const { asked, release } = holdReceipt(stream);
  const redriven = stream.deadLetters.redrive('reader', 'g', position);
  redriven.catch(() => undefined);
  await asked;
  fixture.grant({ id: 'g', status: 'suspended' });
  release();
  await t.rejects(redriven, { code: 'GRANT_NOT_IN_FORCE' });
  fixture.grant({ id: 'g' });
  t.match(await stream.deadLetters.list('reader', 'g'), [{ position, reason: 'unreadable' }]);
  t.equal((await stream.deadLetters.redrive('reader', 'g', position)).event.position, position);
  t.same(await stream.deadLetters.list('reader', 'g'), []);
});

t.test('a page read while the ledger became stale is not handed out', async (t) => {
  const { fixture, stream } = await startStream(t);
  await fixture.publish('create', person(1));
  const { asked, release } = holdReceipt(stream);
  const page = stream.pages.pull(PAGE);
  page.catch(() => undefined);
  await asked;
  fixture.ledgerIsFresh = false;
  release();
  await t.rejects(page, { code: 'LEDGER_OUT_OF_SIGHT' });
});
