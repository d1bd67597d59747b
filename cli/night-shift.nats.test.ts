import t from 'tap';
import { startBroker } from '../tests/support/broker/broker.js';
import { eventually } from '../tests/support/condition.js';
import { sluice } from '../tests/support/connectors/recording-terminal.js';
import { person, REGISTER_BUNDLE } from '../tests/support/connectors/register-bundle.js';
import { RawSession } from '../tests/support/raw-client/raw-client.js';
import { call, publishBatch } from '../tests/support/raw-client/raw-http.js';

async function busWithEvents(t: Parameters<typeof startBroker>[0], events: number) {
  const bus = await startBroker(t);
  await bus.apply(REGISTER_BUNDLE);
  const source = { url: bus.url, token: 'registry-source-token-0123456789' };
  await publishBatch(
    source,
    Array.from({ length: events }, (_, index) => person(index)),
  );
  const as =
    (token: string) =>
    (...args: string[]) =>
      sluice(...args, '--url', bus.url, '--token', token);
  return {
    bus,
    asReader: as('reader-one-token-0123456789'),
    asOperator: as(bus.operatorToken),
    asSource: as('registry-source-token-0123456789'),
  };
}

t.test('lag, cursors and subscribe show who is behind and replay it', async (t) => {
  const { bus, asReader, asOperator } = await busWithEvents(t, 3);
  t.match(await asReader('lag'), { out: '', err: /no cursor, nothing was ever acknowledged: .*g-one/ });
  await asReader('subscribe', 'g-one', '--ack', '--cursor', 'import', '--until-caught-up');
  await publishBatch({ url: bus.url, token: 'registry-source-token-0123456789' }, [person(3), person(4)]);
  const [behind] = JSON.parse((await asOperator('lag', '--json')).out);
  t.match(behind, { grant: 'g-one', cursor: 'import', position: 3, unacknowledged: 2, more: false });
  t.match(
    (await asReader('lag', 'g-one')).out,
    /^g-one +import +2 +\d+ s +\d+ s ago +acknowledging +3 +5 +reader-one +registry\.person$/m,
  );

  const skipped = await asReader('cursors', 'set', 'g-one', 'import', 'latest', '--reason', 'a bad batch');
  t.equal(skipped.out, 'cursor import of grant g-one moved from 3 to 5; 4 to 5 are recorded as skipped');
  t.match(skipped.err, /delivered after all: sluice cursors set g-one import 3 --reason/);
  t.match((await asReader('cursors', 'list', 'g-one')).out, /^import +5 +current .*\nthe log ends at position 5$/m);
  const received = await asOperator('ledger', 'who-received', '--entry', 'registry.person', '--subject', 'p4');
  t.equal(received.out, 'nobody has received anything about that record', 'skipped is not delivered');

  t.match((await asReader('cursors', 'set', 'g-one', 'import', '2', '--reason', 'again')).out, /moved from 5 to 2$/);
  t.match(await asReader('cursors', 'set', 'g-one', 'import', 'yesterday', '--reason', 'again'), {
    exitCode: 2,
    err: /must be a position, earliest, latest, a date-time like .*, or how long ago, like 1h/,
  });
  t.match(await asReader('cursors', 'set', 'g-one', 'improt', '1h', '--reason', 'a typing error'), {
    out: 'cursor improt of grant g-one had no position; it is now at 0',
    err: 'sluice: other cursors of grant g-one: import',
  });
  t.match(await asReader('show', 'g-one', '99'), {
    exitCode: 1,
    err: /POSITION_GONE: the log does not have position 99 yet/,
  });
  const replayed = await asReader('subscribe', 'g-one', '--ack', '--cursor', 'import', '--until-caught-up');
  t.equal(replayed.out.split('\n').length, 3);
  t.match((await asReader('lag', 'g-one', '--json')).out, /"unacknowledged":0,"more":false,"oldestAt":null/);

  t.match((await asReader('cursors', 'rm', 'g-one', 'import', '--reason', 'replaced')).out, /is removed$/);
  t.equal((await asReader('cursors', 'rm', 'g-one', 'import', '--reason', 'twice')).exitCode, 1);
  t.notMatch((await asReader('cursors', 'list', 'g-one')).out, /import/);
  const anew = await asReader('subscribe', 'g-one', '--ack', '--cursor', 'import', '--until-caught-up');
  t.equal(anew.out.split('\n').length, 5, 'a removed cursor starts anew');
  const { records } = (
    await call({ url: bus.url, token: bus.operatorToken }, 'GET', '/v1/ledger?kind=delivery&id=g-one')
  ).json as { records: object[] };
  t.match(records, [
    { act: 'cursor-moved', actor: 'system:reader-one', reason: 'a bad batch', document: { from: 3, to: 5 } },
    { act: 'cursor-moved', reason: 'again', document: { from: 5, to: 2 } },
    { act: 'cursor-moved', reason: 'a typing error' },
    { act: 'cursor-removed', reason: 'replaced' },
  ]);
});

t.test('moving a cursor ends its live session, and is refused to others and before the history', async (t) => {
  const { bus, asReader, asSource } = await busWithEvents(t, 3);
  const session = await RawSession.open({
    url: bus.url,
    token: 'reader-one-token-0123456789',
    encoding: 'sluice.v1.json',
  });
  const live = await session.subscribe({ grant: 'g-one', cursor: 'live', from: 'earliest' });
  await live.until(() => live.events.length === 3, 'the events');
  await asReader('cursors', 'set', 'g-one', 'live', '1', '--reason', 'again');
  await eventually(() => live.ended !== undefined, 'the subscription to end', 10_000);
  t.match(live.ended, { code: 'SUPERSEDED' });
  await session.close();
  t.match(await asSource('cursors', 'set', 'g-one', 'live', '1', '--reason', 'mine'), {
    exitCode: 1,
    err: /^sluice: UNKNOWN_GRANT/,
  });
  t.match(await asReader('cursors', 'set', 'g-one', 'live', '99', '--reason', 'far'), {
    exitCode: 1,
    err: /POSITION_GONE/,
  });
  const reader = { url: bus.url, token: 'reader-one-token-0123456789' };
  t.match(await call(reader, 'PUT', '/v1/grants/g-one/cursors/live', '{"to":"soon","reason":"x"}'), {
    json: {
      code: 'BAD_REQUEST',
      detail: /to must be a whole number, or must be one of earliest, latest, or must be an RFC 3339/,
    },
  });
});

t.test('whoami, systems and doctor tell who asks and whether the way to the bus is sound', async (t) => {
  const { bus, asReader, asOperator } = await busWithEvents(t, 0);
  t.match((await asReader('whoami')).out, /^system +reader-one\nparty +reader\nmay +subscribe\nbus .*trial mode$/);
  t.match((await asOperator('whoami', '--json')).out, /"kind":"officer","id":"platform-operator"/);
  t.match((await asOperator('systems')).out, /^reader-one +reader +subscribe +yes$/m);
  t.equal((await asReader('systems')).out.split('\n').length, 2, 'a system sees itself');
  const sound = await asReader('doctor');
  t.equal(sound.exitCode, 0, sound.out);
  t.match(
    sound.out,
    /^ok +configuration .*\nok +reachability .*\nok +store .*\nok +token +system reader-one .*\nok +clock .*\nok +versions /,
  );
  const wrong = await sluice('doctor', '--url', bus.url, '--token', 'nobody-nobody-nobody-nobody');
  t.equal(wrong.exitCode, 1);
  t.match(wrong.out, /^FAIL +token .*SLUICE_TOKEN/m);
});

t.test('a rejected event is listed, dropped and redriven', async (t) => {
  const { bus, asReader } = await busWithEvents(t, 2);
  const session = await RawSession.open({
    url: bus.url,
    token: 'reader-one-token-0123456789',
    encoding: 'sluice.v1.json',
  });
  const live = await session.subscribe({ grant: 'g-one', cursor: 'live', from: 'earliest' });
  await live.until(() => live.events.length === 2, 'the events');
  live.reject(1, 'no district\u001b[2J');
  live.reject(2, 'no number');
  const list = () => asReader('dead-letters', 'list', 'g-one');
  await eventually(async () => (await list()).out.split('\n').length === 3, 'two dead letters', 10_000);
  t.match((await list()).out, /^1 +live +\S+ +no district\\u001b\[2J$/m, 'control characters are shown, not sent');
  t.match((await asReader('dead-letters', 'drop', 'g-one', '1')).out, /dead letter 1 of grant g-one is dropped/);
  t.match((await asReader('dead-letters', 'redrive', 'g-one', '2')).out, /"subject":"p1"/);
  t.equal((await list()).out, 'grant g-one has no dead letters');
  t.equal((await asReader('dead-letters', 'redrive', 'g-one', '1')).exitCode, 1, 'a dropped one is gone');
  await session.close();
});

t.test('an operator who asks for refused events learns which systems may read them', async (t) => {
  const { asOperator } = await busWithEvents(t, 1);
  const { exitCode, err } = await asOperator('quarantine', 'list', 'registry.person');
  t.equal(exitCode, 1);
  t.match(
    err,
    /^refused events of registry\.person are shown to the system that sent them, of registry: registry-source\n/,
  );
  t.match(err, /NOT_ALLOWED/);
});
