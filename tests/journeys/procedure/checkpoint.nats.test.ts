import { join } from 'node:path';
import t from 'tap';
import { foldedRooms } from '../../../broker/boot/ledger/folded-rooms.js';
import { BusClock } from '../../../broker/ledger/bus-clock.js';
import { Checkpoints } from '../../../broker/ledger/checkpoint/checkpoints.js';
import type { SavedItem } from '../../../broker/ledger/checkpoint/folded-room.js';
import { Ledger } from '../../../broker/ledger/ledger.js';
import { Metrics } from '../../../broker/metrics/metrics.js';
import { applicationFor, fileApplication } from '../../support/lawful/applications.js';
import { BIRTH, publishEntries, REGION } from '../../support/lawful/entries.js';
import { foundLawfulBus } from '../../support/lawful/lawful-bus.js';
import { connect, startNats, temporaryFolder } from '../../support/nats/nats.js';

const SECRET = 'a secret of at least thirty-two characters';
const whole = ({ state, texts = [] }: SavedItem) => [state, texts.map((text) => text.read().toString())];

t.test('every room that is folded from the ledger is the same after a start from its checkpoint', async (t) => {
  const nats = await startNats(t);
  const bus = await foundLawfulBus(t, { nats });
  await bus.setClock('2025-12-05T10:00:00+08:00');
  await publishEntries(bus);
  await bus.setClock('2026-02-06T10:00:00+08:00');
  await bus.as('chen', 'PUT', `/v1/catalog/${BIRTH.id}`, { ...BIRTH, abstract: 'an update' });
  const { id } = await fileApplication(bus, ['wu', 'xu'], applicationFor(BIRTH, 'maternal-health'));
  const reply = { items: [{ name: 'idNumber' }], leftOut: leftOut(['birthDate', 'address']) };
  await bus.act('lin', `/v1/applications/${id}/approve`, reply);
  await fileApplication(bus, ['tan', 'tao'], applicationFor(REGION, 'tax-files'));
  await bus.act('su', '/v1/stops', { scope: 'entry', target: BIRTH.id, reason: 'a leak' });

  const link = await connect(t, nats);
  const path = join(await temporaryFolder(t), 'ledger.checkpoint');
  const nowMs = Date.now();
  const open = async () => {
    // A clock that stands still gives the same state whenever it is saved.
    const busClock = new BusClock({ wall: () => nowMs, monotonic: () => 0, onStep: () => {} });
    const { ordered, ...rooms } = foldedRooms(SECRET, busClock);
    const checkpoints = new Checkpoints({
      path,
      secret: SECRET,
      rooms: ordered,
      isWriter: true,
      recordsAtEndMin: 1,
      warn,
    });
    let folded = 0;
    const ledger = await Ledger.open({
      bus: link,
      metrics: new Metrics().ledger,
      clock: busClock.now,
      staleAfterMs: 10_000,
      checkpoints,
      folds: [...ordered.map(({ fold }) => fold), () => folded++],
    });
    t.teardown(() => ledger.close());
    const saved = ordered.map((room) => room.save().map(whole));
    const search = rooms.catalog.search({ q: '出生', limit: 10 });
    return { ledger, saved, folded, now: busClock.now(), search, stop: rooms.stops.ofEntry(BIRTH.id) };
  };
  const warn = (message: string): void => t.comment(message);
  const first = await open();
  t.equal(first.saved.filter((items) => items.length === 0).length, EMPTY, 'every other room has some');
  await first.ledger.close();
  const second = await open();
  t.same([first.folded > 50, second.folded], [true, 0]);
  t.strictSame(second.saved, first.saved);
  t.strictSame([second.now, second.search], [first.now, first.search]);
  t.strictSame(second.stop, { scope: 'entry', target: BIRTH.id });
  t.match(second.search.entries, [{ id: BIRTH.id, version: 1 }]);
});

/** Rooms that this story leaves empty: stored profiles, contracts, and calendars that the bus is still at. */
const EMPTY = 3;
const leftOut = (items: string[]) => items.map((item) => ({ item, code: 'not_necessary', reason: 'r' }));
