import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { startBroker } from '../tests/support/broker/broker.js';
import { sluice } from '../tests/support/connectors/recording-terminal.js';
import { person, REGISTER_BUNDLE } from '../tests/support/connectors/register-bundle.js';

t.test('the command line leads from an empty bus to a department that streams a grant', async (t) => {
  const { url, operatorToken } = await startBroker(t);
  const folder = t.testdir();
  const asOperator = (...args: string[]) => sluice(...args, '--url', url, '--token', operatorToken);

  const bundle = join(folder, 'bundle.yaml');
  const { systems, ...rest } = REGISTER_BUNDLE;
  const withoutToken = systems.map(({ token, ...system }) =>
    system.id === 'reader-two' ? system : { ...system, token },
  );
  await writeFile(bundle, JSON.stringify({ ...rest, systems: withoutToken }));
  const dry = await asOperator('apply', '-f', bundle, '--dry-run');
  t.match(dry.out, /\+ party registry\n[\s\S]*8 to create, 0 to update, 0 unchanged/);
  t.notMatch(dry.out, /tokens/);
  const applied = await asOperator('apply', '-f', bundle);
  t.match(applied.out, /8 created/);
  t.match(applied.out, /tokens, shown this once:\n {2}system:reader-two {2}\S{20,}/);
  t.match(applied.err, /warning: .*the law asks for/);
  t.match((await asOperator('apply', '-f', bundle)).out, /^0 created, 0 updated, 8 unchanged$/);

  t.match((await asOperator('catalog', 'search', 'person')).out, /registry\.person +1 +conditional/);
  t.match((await asOperator('catalog', 'proto', 'registry.person')).out, /optional string key = 1;/);
  t.match((await asOperator('grants')).out, /g-one +in_force +reader-one/);

  const events = join(folder, 'events.ndjson');
  const wrong = { ...person(1), data: { key: 'p1', shoeSize: 44 } };
  await writeFile(events, [person(0), wrong, person(2)].map((event) => JSON.stringify(event)).join('\n'));
  const published = await sluice('publish', events, '--url', url, '--token', 'registry-source-token-0123456789');
  t.equal(published.exitCode, 1);
  t.equal(published.out, '2 stored, 0 already there, 1 refused');
  t.match(published.err, /^line 2, event e1: UNKNOWN_ITEM: /);

  const follow = (...args: string[]) =>
    sluice('subscribe', 'g-one', '--url', url, '--token', 'reader-one-token-0123456789', ...args);
  for (const encoding of ['json', 'msgpack', 'protobuf']) {
    const { out, err } = await follow('--limit', '2', '--encoding', encoding);
    const keys = out.split('\n').map((line) => JSON.parse(line).data);
    t.same(
      keys[0],
      { key: 'p0', district: '350102', number: 0 },
      `${encoding}: without --ack each run starts at the beginning`,
    );
    t.match(err, /following g-one: registry\.person version 1, 3 items \(key, district, number\)/);
  }
  t.match((await asOperator('cursors', 'list', 'g-one')).err, /no cursor/, 'a look leaves none behind');
  await followToAnEnd(t, follow);
  t.match((await follow('--ack', '--limit', '1')).out, /"subject":"p0"/);
  t.match((await follow('--ack', '--limit', '1')).out, /"subject":"p2"/, 'work goes on behind what was acknowledged');

  const event = await sluice('show', 'g-one', '1', '--url', url, '--token', 'reader-one-token-0123456789');
  t.match(event.out, /^op +create$/m);
  t.match(event.out, /^ {2}district +350102$/m);
  t.equal((await sluice('show', 'g-one', '9', '--url', url, '--token', 'reader-one-token-0123456789')).exitCode, 1);
  t.match((await asOperator('grants', 'show', 'g-one')).out, /^status +in_force$/m);
  const refused = await sluice(
    'quarantine',
    'list',
    'registry.person',
    '--url',
    url,
    '--token',
    'registry-source-token-0123456789',
  );
  t.match(refused.out, /^1 +\S+ +e1 +create +UNKNOWN_ITEM /m);

  const renewed = await asOperator('systems', 'renew-token', 'registry-source');
  t.match(renewed.out, /^slc_\S{43}$/m);
  const stale = await sluice('whoami', '--url', url, '--token', 'registry-source-token-0123456789');
  t.equal(stale.exitCode, 1, 'the old token has ended');
  t.match((await sluice('whoami', '--url', url, '--token', renewed.out.trim())).out, /registry-source/);

  const received = await asOperator('ledger', 'who-received', '--entry', 'registry.person', '--subject', 'p0');
  t.match(received.out, /create +1 +reader +reader-one +g-one +delivered +key, district, number/);
  t.match((await asOperator('ledger', 'verify')).out, /the ledger is whole: \d+ records/);
  const status = await asOperator('status');
  t.match(status.out, /is ready/);
  t.match(status.out, /^store: [\d.]+ [kMGT]?B of [\d.]+ [kMGT]?B free$/m);
  t.match(status.out, /^LEDGER +\d+ +[\d.]+ [kM]?B +- +-$/m);

  t.match((await asOperator('grants', 'terminate', 'g-one', '--reason', 'a test')).out, /grant g-one is terminated/);
  const after = await follow('--limit', '1');
  t.equal(after.exitCode, 1);
  t.match(after.err, /^sluice: GRANT_NOT_IN_FORCE: /m);
});

type Follow = (...args: string[]) => Promise<{ exitCode: number; out: string; err: string }>;

/** The log holds p0 and p2. */
async function followToAnEnd(t: Test, follow: Follow): Promise<void> {
  const all = await follow('--from', 'earliest', '--until-caught-up', '--output', 'csv');
  t.equal(all.out.split('\n').length, 3, all.out);
  t.match(all.out, /^_op,_position,_time,_subject,_snapshotid,key,district,number\ncreate,1,/);
  t.match((await follow('--from', 'earliest', '--to', '1')).out, /^\{.*"subject":"p0".*\}$/);
  const one = await follow('--since', '1h', '--subject', 'p2', '--output', 'table', '--until-caught-up');
  t.match(one.out, /^POSITION +TIME +OP +SUBJECT +DATA\n\d+ +\S+ +create +p2 +key=p2 district=350102 number=2$/);
  t.equal((await follow('--from', 'earliest', '--op', 'delete', '--until-caught-up')).out, '');
  await follow('--ack', '--cursor', 'pages', '--from', 'earliest', '--to', '1');
  t.match((await follow('--ack', '--cursor', 'pages', '--until-caught-up')).out, /^\{.*"subject":"p2".*\}$/);
}

t.test('a request that the bus refuses is printed with its code and its problems', async (t) => {
  const { url, operatorToken } = await startBroker(t);
  const bundle = join(t.testdir(), 'bundle.json');
  await writeFile(bundle, JSON.stringify({ parties: [{ id: 'NO' }], systems: [{ id: 's', party: 'gone', may: [] }] }));
  const refused = await sluice('apply', '-f', bundle, '--url', url, '--token', operatorToken);
  t.equal(refused.exitCode, 1);
  t.match(refused.err, /^sluice: BUNDLE_INVALID: The bundle is not valid\n( {2}- .+\n?){3,}$/);
  const stranger = await sluice('ledger', 'verify', '--url', url, '--token', 'stranger');
  t.equal(stranger.exitCode, 1);
  t.match(stranger.err, /^sluice: NOT_AUTHENTICATED: [^\n]+$/);
});
