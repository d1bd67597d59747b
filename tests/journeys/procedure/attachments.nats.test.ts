import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import t, { type Test } from 'tap';
import { applicationFor, fileApplication } from '../../support/lawful/applications.js';
import { publishEntries, BIRTH as WHOLE } from '../../support/lawful/entries.js';
import type { Body, LawfulBus } from '../../support/lawful/lawful-bus.js';
import { digestOfPaper, storePaper } from '../../support/lawful/papers.js';
import { P } from '../../support/lawful/people.js';
import { BIRTH, busWithEntries } from '../../support/lawful/published-entries.js';

const MAX = 10 * 1024 * 1024;

interface Sent {
  type?: string | undefined;
  key?: string;
}

async function post(bus: LawfulBus, who: string, body: Uint8Array | string, { type = 'text/plain', key }: Sent = {}) {
  const answer = await fetch(`${bus.url}/v1/attachments`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${bus.tokens.get(who)}`,
      ...(type !== undefined && { 'content-type': type }),
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    body,
  });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Body };
}

const get = (bus: LawfulBus, who: string, sha256: string, method = 'GET') =>
  fetch(`${bus.url}/v1/attachments/${sha256}`, { method, headers: { authorization: `Bearer ${bus.tokens.get(who)}` } });

t.test('papers of a registered bus', async (t) => {
  const bus = await busWithEntries(t, [BIRTH]);
  await t.test('are stored once, and come back as bytes that no browser runs', (t) => storedOnce(t, bus));
  await t.test('are named by acts of their department, and of those who read a file with them', (t) => named(t, bus));
  await t.test('must be stored where the assessments of an entry name them', (t) => assessments(t, bus));
});

async function storedOnce(t: Test, bus: LawfulBus): Promise<void> {
  const html = '<script>alert(1)</script>';
  const sha256 = digestOfPaper(html);
  const type = 'text/html; charset=utf-8';
  t.match(await post(bus, 'wu', html, { type }), { status: 201, body: { sha256, size: html.length, type } });
  t.match(await post(bus, 'xu', html, { type }), { status: 200, body: { sha256 } }, 'the same bytes again');
  t.match(await post(bus, 'lin', html, { type }), { status: 201, body: { sha256 } }, 'of another department');

  const read = await get(bus, 'sun', sha256);
  t.equal(await read.text(), html);
  t.match(Object.fromEntries(read.headers), {
    'content-type': type,
    'content-length': String(html.length),
    'content-disposition': /^attachment/,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    'content-security-policy': /sandbox/,
  });
  const head = await get(bus, 'wu', sha256, 'HEAD');
  t.match([head.status, head.headers.get('content-length'), await head.text()], [200, String(html.length), '']);
  t.equal((await get(bus, 'tan', sha256)).status, 404, 'a department that stored nothing and reads no file with it');
  t.equal((await get(bus, 'wu', 'f'.repeat(64))).status, 404);
  t.equal((await get(bus, 'wu', '..%2f')).status, 404);

  const big = randomBytes(MAX);
  t.match(await post(bus, 'wu', big, { type: 'application/zip' }), { status: 201, body: { size: MAX } });
  t.ok(Buffer.from(await (await get(bus, 'wu', digestOfPaper(big))).arrayBuffer()).equals(big));
  t.match(await post(bus, 'wu', Buffer.concat([big, big.subarray(0, 1)])), {
    status: 413,
    body: { code: 'TOO_LARGE' },
  });
  t.match(await post(bus, 'wu', '{}', { type: 'application/json' }), { status: 201, body: { size: 2 } });
  t.match(await post(bus, 'wu', 'x', { type: 'a/'.padEnd(256, 'b') }), { status: 400, body: { code: 'BAD_REQUEST' } });
  await replays(t, bus);
  await outsiders(t, bus);
}

async function replays(t: Test, bus: LawfulBus): Promise<void> {
  const first = await post(bus, 'wu', 'keyed', { key: 'k' });
  t.match(first, { status: 201 });
  const again = await post(bus, 'wu', 'keyed', { key: 'k' });
  t.match([again.status, again.headers.get('idempotent-replayed'), again.body], [201, 'true', first.body]);
  t.match(await post(bus, 'wu', 'other', { key: 'k' }), { status: 409, body: { code: 'KEY_REUSED' } });
  const plain = await Promise.all([1, 2].map(() => post(bus, 'wu', 'two at once')));
  t.strictSame(plain.map(({ status }) => status).sort(), [200, 201], 'one stores the bytes, the other has the same');
  const keyed = await Promise.all([1, 2].map(() => post(bus, 'wu', 'two with a key', { key: 'k2' })));
  t.strictSame(
    keyed.map(({ status, headers }) => `${status} ${headers.get('idempotent-replayed')}`).sort(),
    ['201 null', '201 true'],
    'one call that came twice has one answer',
  );
}

async function outsiders(t: Test, bus: LawfulBus): Promise<void> {
  for (const method of ['GET', 'HEAD']) t.equal((await get(bus, 'pan', digestOfPaper('keyed'), method)).status, 403);
  t.match(await post(bus, 'pan', 'x'), { status: 403, body: { code: 'NOT_YOUR_ROLE', article: 'R36' } });
  t.match(await post(bus, 'maternal-health', 'x'), { status: 403, body: { code: 'NOT_YOUR_ROLE', article: 'R11' } });
  t.equal((await fetch(`${bus.url}/v1/attachments`, { method: 'POST', body: 'x' })).status, 401);
  t.match(await answerToHead(bus, 'pan'), /^HTTP\/1\.1 403 /, 'before a byte of the body has come');
}

/** Sends the head of an upload and nothing else, and waits for the answer. */
function answerToHead({ url, tokens }: LawfulBus, who: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      const head = [`authorization: Bearer ${tokens.get(who)}`, 'host: bus', 'content-length: 1000000'];
      socket.write(`POST /v1/attachments HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n`);
    });
    socket.once('data', (bytes) => {
      resolve(bytes.toString('latin1'));
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

async function named(t: Test, bus: LawfulBus): Promise<void> {
  const own = await storePaper(bus, 'wu', 'order of the department');
  const foreign = await storePaper(bus, 'tan', 'paper of the tax office');
  const draft = (attachments: string[]) =>
    bus.as('wu', 'POST', '/v1/applications', applicationFor(BIRTH, 'maternal-health', { attachments }));
  for (const unknown of [foreign, 'f'.repeat(64)]) {
    t.match(await draft([own, unknown]), {
      status: 422,
      body: {
        code: 'ATTACHMENT_UNKNOWN',
        problems: [{ path: '/attachments/1', code: 'ATTACHMENT_UNKNOWN', article: undefined }],
      },
    });
  }
  t.match(await draft(['x']), { status: 400, body: { code: 'BAD_REQUEST', problems: [{ path: '/attachments/0' }] } });
  const filed = await fileApplication(
    bus,
    ['wu', 'xu'],
    applicationFor(BIRTH, 'maternal-health', { attachments: [own] }),
  );
  await supplement(t, bus, filed.id, foreign);
  for (const [who, status] of [
    ['lin', 200],
    ['huang', 200],
    ['tan', 404],
  ] as const) {
    t.equal((await get(bus, who, own)).status, status, `${who} reads the paper with the application`);
  }
  const { history } = await bus.read('lin', `/v1/applications/${filed.id}`);
  t.same(history[0].attachments, [own]);
  await bus.act('lin', `/v1/applications/${filed.id}/refuse`, {
    code: 'no_duty_basis',
    reason: 'no duty',
    attachments: [own],
  });
}

async function supplement(t: Test, bus: LawfulBus, id: string, foreign: string): Promise<void> {
  await bus.act('rui', `/v1/applications/${id}/ask-supplement`, { missing: ['the order', 'the plan'] });
  const plan = await storePaper(bus, 'sun', 'the plan');
  const handIn = (second: string) =>
    bus.as('wu', 'POST', `/v1/applications/${id}/supplement`, {
      parts: [
        { missing: 'the order', text: 'No. 7' },
        { missing: 'the plan', attachments: [plan, second] },
      ],
    });
  t.match(await handIn(foreign), {
    status: 422,
    body: { code: 'ATTACHMENT_UNKNOWN', problems: [{ path: '/parts/1/attachments/1' }] },
  });
  t.match(await handIn(plan), { status: 200 });
  t.equal((await get(bus, 'rui', plan)).status, 200, 'who reads the application reads its parts');
}

async function assessments(t: Test, bus: LawfulBus): Promise<void> {
  const [published] = await publishEntries(bus, [{ ...WHOLE, id: `${P}.birth-whole` }]);
  const { document } = await bus.read('chen', `/v1/catalog/${published.id}/file`);
  const { attachment } = document.secrecyAssessment;
  t.equal((await get(bus, 'tan', attachment)).status, 200, 'a published entry is read by everybody');
  const id = `${published.id}2`;
  const unknown = { ...document.secrecyAssessment, attachment: 'e'.repeat(64) };
  const { body } = await bus.as('chen', 'PUT', `/v1/catalog/${id}`, { ...document, id, secrecyAssessment: unknown });
  const approve = { entries: [{ id, digest: body.digest }] };
  t.match(await bus.as('zhao', 'POST', '/v1/catalog/approve', approve), {
    status: 422,
    body: { code: 'ATTACHMENT_UNKNOWN', problems: [{ path: '/entries/0/secrecyAssessment/attachment' }] },
  });
  // A digest in a draft opens nothing: it counts from the approval on.
  const guessed = await storePaper(bus, 'tan', 'known to the tax office');
  await bus.as('chen', 'PUT', `/v1/catalog/${id}`, {
    ...document,
    id,
    secrecyAssessment: { ...unknown, attachment: guessed },
  });
  t.equal((await get(bus, 'chen', guessed)).status, 404);
}
