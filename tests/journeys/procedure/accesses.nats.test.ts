import t, { type Test } from 'tap';
import { applicationFor, fileApplication } from '../../support/lawful/applications.js';
import type { Body, LawfulBus } from '../../support/lawful/lawful-bus.js';
import { BIRTH, busWithEntries } from '../../support/lawful/published-entries.js';
import { publishBatch } from '../../support/raw-client/raw-http.js';

const CONTRACT = {
  contractor: 'Software Ltd.',
  number: 'C-1',
  approval: 'A-1',
  from: '2026-11-01',
  to: '2026-11-10',
  systems: ['civil-registry'],
};

async function contractor(bus: LawfulBus, id: string, by = 'gao', more: object = {}): Promise<string> {
  const { id: contract } = await bus.act(by, '/v1/contracts', { ...CONTRACT, ...more });
  const officer = { id, name: { en: id }, roles: ['contractor'], contract };
  bus.tokens.set(id, (await bus.act(by, '/v1/officers', officer)).token);
  return contract;
}

async function birth(bus: LawfulBus, id: string): Promise<void> {
  const data = { idNumber: id, birthDate: '2026-01-13', address: `street of ${id}` };
  const event = { specversion: '1.0', id, type: BIRTH.id, op: 'create', data };
  await publishBatch({ url: bus.url, token: bus.tokens.get('civil-registry') as string }, [event as never]);
}

async function grantFor(bus: LawfulBus): Promise<string> {
  const period = { from: '2025-12-01', to: '2026-12-31' };
  const application = applicationFor(BIRTH, 'maternal-health', { period, history: 'all' });
  const { id } = await fileApplication(bus, ['wu', 'xu'], application);
  const leftOut = [{ item: 'address', code: 'not_necessary', reason: 'no duty needs it' }];
  const reply = { items: ['idNumber', 'birthDate'], leftOut };
  return (await bus.act('lin', `/v1/applications/${id}/approve`, reply)).grant;
}

/** The grant is in force once its holder has acknowledged an event. */
async function deliver(bus: LawfulBus, grant: string): Promise<void> {
  const headers = { authorization: `Bearer ${bus.tokens.get('maternal-health')}` };
  const lines = await (await fetch(`${bus.url}/v1/grants/${grant}/events`, { headers })).text();
  const { position } = JSON.parse(lines.split('\n')[0] ?? '');
  await bus.act('maternal-health', `/v1/grants/${grant}/cursors/default`, { position });
}

/** Lines of a page, the last of which says how far it goes; or the status and code of a refusal. */
async function page(bus: LawfulBus, who: string, id: string, query = ''): Promise<Body> {
  const headers = { authorization: `Bearer ${bus.tokens.get(who)}` };
  const answer = await fetch(`${bus.url}/v1/accesses/${id}/events${query}`, { headers });
  const text = await answer.text();
  if (answer.status !== 200) return { status: answer.status, ...JSON.parse(text) };
  const lines = text
    .trim()
    .split('\n')
    .map((line): Body => JSON.parse(line));
  return { events: lines.slice(0, -1), end: lines.at(-1), type: answer.headers.get('content-type') };
}

t.test('a contractor reads payload during an open access alone, each page on record', async (t) => {
  const bus = await busWithEntries(t, [BIRTH]);
  await bus.setClock('2026-11-02T10:00:00+08:00');
  const grant = await grantFor(bus);
  const contract = await contractor(bus, 'ma');
  await contractor(bus, 'mo');
  await birth(bus, 'one');
  await birth(bus, 'two');
  await deliver(bus, grant);
  await asking(t, bus, { contract, grant });
  await reading(t, bus, contract);
  await ofAGrant(t, bus, { contract, grant });
  await outside(t, bus, grant);
  await endOfContract(t, bus, contract);
});

const REASON = { reason: 'a fault of the import', hours: 2 };

async function asking(t: Test, bus: LawfulBus, { contract, grant }: { contract: string; grant: string }) {
  const ask = (body: object, who = 'ma') => bus.as(who, 'POST', '/v1/accesses', body);
  t.match(await ask({ contract, entry: BIRTH.id, ...REASON, hours: 9 }), {
    status: 400,
    body: { code: 'BAD_REQUEST', problems: [{ path: '/hours' }] },
  });
  t.match(await ask({ contract, hours: 1 }), {
    status: 422,
    body: {
      code: 'INCOMPLETE',
      article: 'R36',
      problems: [{ path: '/grant' }, { path: '/reason', code: 'NO_REASON' }],
    },
  });
  t.match(await ask({ contract, entry: 'fujian-tax.x', ...REASON }), { status: 409, body: { code: 'WRONG_STATE' } });
  t.match(await ask({ contract, entry: BIRTH.id, grant, ...REASON }), { status: 400, body: { code: 'BAD_REQUEST' } });
  t.match(await ask({ contract, entry: BIRTH.id, ...REASON }, 'mo'), {
    status: 403,
    body: { code: 'NOT_YOUR_ROLE', article: 'R36', problems: [{ path: '/contract' }] },
  });
  t.match(await ask({ contract, entry: BIRTH.id, ...REASON }, 'su'), { status: 403, body: { article: 'R11' } });
}

async function reading(t: Test, bus: LawfulBus, contract: string): Promise<void> {
  const { id, ...asked } = await bus.act('ma', '/v1/accesses', { contract, entry: BIRTH.id, ...REASON });
  const path = `/v1/accesses/${id}`;
  t.match(asked, { state: 'requested', next: [{ act: 'end', who: 'own.contractor' }] });
  t.match(await page(bus, 'ma', id), { status: 403, code: 'BREAK_GLASS', article: 'R36' }, 'not opened yet');
  t.match(await bus.as('ma', 'POST', `${path}/open`), { status: 403, body: { code: 'NOT_YOUR_ROLE', article: 'R36' } });
  t.match(await bus.as('lin', 'POST', `${path}/open`), {
    status: 403,
    body: { code: 'NOT_YOUR_ROLE', article: 'R11' },
  });
  t.match(await bus.as('sun', 'POST', `${path}/open`), { status: 404 }, 'of another department');
  const { items } = await bus.read('su', '/v1/desk');
  t.match(
    items.find(({ file }: Body) => file.id === id),
    { act: 'open' },
  );
  await bus.act('su', `${path}/open`);

  const first = await page(bus, 'ma', id, '?limit=1');
  t.match(first, { type: /ndjson/, events: [{ data: { idNumber: 'one', address: 'street of one' } }] });
  const { through } = first.end;
  t.match((await page(bus, 'ma', id, `?from=${through}`)).events, [{ data: { idNumber: 'two' } }]);
  t.match(await page(bus, 'ma', id, '?from=cursor'), { status: 400, code: 'BAD_REQUEST' });
  t.match(await page(bus, 'mo', id), { status: 404, code: 'NOT_FOUND' }, 'of another contract');
  t.match(await page(bus, 'su', id), { status: 403, code: 'NOT_YOUR_ROLE', article: 'R11' });
  t.match(await page(bus, 'pan', id), { status: 403, code: 'NOT_YOUR_ROLE', article: 'R36' });
  const { document, history } = await bus.read('ma', path);
  t.match(document.reads, [
    { officer: 'ma', entry: BIRTH.id, from: 0, to: through, at: /^2026-11-02T10/ },
    { officer: 'ma', from: through },
  ]);
  t.same(
    history.map(({ act, actor }: Body) => [act, actor]),
    [
      ['create', 'officer:ma'],
      ['open', 'officer:su'],
      ['read', 'officer:ma'],
      ['read', 'officer:ma'],
    ],
  );
  t.match(await bus.read('su', path), { document: { reads: { length: 2 } } }, 'the department sees what was read');
  await bus.setClock('2026-11-02T12:30:00+08:00');
  t.match(await page(bus, 'ma', id), { status: 403, code: 'BREAK_GLASS' }, 'after two hours it has ended by itself');
  t.match(await bus.read('ma', path), { state: 'ended' });
}

async function ofAGrant(t: Test, bus: LawfulBus, { contract, grant }: { contract: string; grant: string }) {
  const { id } = await bus.act('ma', '/v1/accesses', { contract, grant, ...REASON });
  await bus.act('su', `/v1/accesses/${id}/open`);
  const { events } = await page(bus, 'ma', id);
  t.match(events, [{ data: { idNumber: 'one', birthDate: '2026-01-13' } }, { data: { idNumber: 'two' } }]);
  t.notMatch(JSON.stringify(events), /street/, 'what is not granted is not shown');
  await bus.act('su', `/v1/grants/${grant}/suspend`, { reason: 'under review' });
  t.match(await page(bus, 'ma', id), { code: 'GRANT_NOT_IN_FORCE' }, 'a suspended grant shows nothing');
  await bus.act('ma', `/v1/accesses/${id}/end`);
  t.match(await page(bus, 'ma', id), { status: 403, code: 'BREAK_GLASS' });
}

async function outside(t: Test, bus: LawfulBus, grant: string): Promise<void> {
  t.match(await bus.as('ma', 'GET', `/v1/grants/${grant}/events`), {
    status: 403,
    body: { code: 'BREAK_GLASS', article: 'R36' },
  });
  for (const path of ['/v1/accesses', '/v1/contracts', `/v1/grants/${grant}`, `/v1/catalog/${BIRTH.id}`, '/v1/desk']) {
    const refused = await bus.as('ma', 'GET', path);
    t.match(refused, { status: 403, body: { code: 'NOT_YOUR_ROLE', article: 'R36' } }, path);
  }
  t.match(await bus.as('ma', 'GET', '/v1/clock'), { status: 200 });
}

async function endOfContract(t: Test, bus: LawfulBus, contract: string): Promise<void> {
  const { id } = await bus.act('ma', '/v1/accesses', { contract, entry: BIRTH.id, ...REASON });
  await bus.act('su', `/v1/accesses/${id}/open`);
  await bus.act('gao', `/v1/contracts/${contract}/end`, { reason: 'done' });
  t.match(await bus.read('su', `/v1/accesses/${id}`), { state: 'ended' }, 'its accesses end with it');
  for (const [method, path] of [
    ['GET', `/v1/accesses/${id}/events`],
    ['GET', '/v1/clock'],
    ['POST', '/v1/applications'],
    ['GET', '/v1/no-such-kind'],
  ] as const) {
    const { status, body } = await bus.as('ma', method, path);
    if (path.endsWith('kind')) t.equal(status, 404);
    else t.match({ status, body }, { status: 403, body: { code: 'CONTRACT_OVER', article: 'R36' } }, path);
  }
  t.match(await bus.as('mo', 'GET', '/v1/clock'), { status: 200 }, 'another contract is in force');
  await bus.setClock('2026-11-11T00:00:00+08:00');
  t.match(
    await bus.as('mo', 'GET', '/v1/clock'),
    { status: 403, body: { code: 'CONTRACT_OVER' } },
    'its last day is over',
  );
}
