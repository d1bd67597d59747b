import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import type { LawfulBus } from '../../support/lawful/lawful-bus.js';
import { storePaper } from '../../support/lawful/papers.js';
import { BIRTH, busWithEntries } from '../../support/lawful/published-entries.js';
import { head, RawSocket } from '../../support/raw-client/raw-socket.js';

const PAPER_BYTES = 10 * 1024 * 1024;
const ROUNDS = 5;
/** So many in flight that some are judged behind the departure. */
const ACTS = 40;

t.test('what an officer reads slowly ends with the office', async (t) => {
  const bus = await busWithEntries(t, [BIRTH]);
  const paper = await storePaper(bus, 'wu', randomBytes(PAPER_BYTES), 'application/octet-stream');
  const download = await opened(t, bus, `GET /v1/attachments/${paper}`);
  await download.until(/content-length: 10485760/i);
  download.socket.pause();
  const notices = await opened(t, bus, 'GET /v1/notices', { accept: 'text/event-stream' });
  await notices.until(/event-stream/);
  await bus.act('du', '/v1/officers/wu/renew-token');
  t.match(await notices.until(/event: ended\n.*\n\n/s), /NOT_AUTHENTICATED/);
  const bytesThen = download.socket.bytesRead;
  // Bytes in the buffers of the kernel, on both sides, still arrive; the rest of ten megabytes does not.
  download.socket.resume();
  await download.closed;
  t.ok(download.received.length < PAPER_BYTES, `${download.received.length} bytes, ${bytesThen} before`);
  t.equal((await fetchAs(bus, `/v1/attachments/${paper}`)).status, 401);
});

t.test('an act that came before its officer left is refused once the departure is on record', async (t) => {
  const bus = await busWithEntries(t, []);
  const demand = { title: 'births', items: ['a'], dutyBasis: 'b', scenario: 's' };
  for (let round = 0; round < ROUNDS; round++) {
    const id = `ines-${round}`;
    const officer = { id, name: { en: id }, roles: ['applicant'] };
    bus.tokens.set(id, (await bus.act('du', '/v1/officers', officer)).token);
    const left = bus.act('du', `/v1/officers/${id}/leave`);
    const answers = await Promise.all(Array.from({ length: ACTS }, () => bus.as(id, 'POST', '/v1/demands', demand)));
    const { seq } = await left;
    const made = answers.filter(({ status }) => status === 201);
    t.same(made.filter(({ body }) => body.seq > seq).length, 0, 'none is recorded behind it');
    const refused = { status: 401, body: { code: 'NOT_AUTHENTICATED' } };
    for (const answer of answers.filter((one) => !made.includes(one))) t.match(answer, refused);
  }
});

const opened = async (t: Test, bus: LawfulBus, line: string, headers = {}): Promise<RawSocket> => {
  const socket = await RawSocket.open(t, bus.url);
  socket.write(head(line, { authorization: `Bearer ${bus.tokens.get('wu')}`, ...headers }));
  return socket;
};

const fetchAs = (bus: LawfulBus, path: string): Promise<Response> =>
  fetch(`${bus.url}${path}`, { headers: { authorization: `Bearer ${bus.tokens.get('wu')}` } });
