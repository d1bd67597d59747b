import { headers } from '@nats-io/transport-node';
import t from 'tap';
import { connect, startNats } from '../../../tests/support/nats/nats.js';
import { ensureStreams } from '../streams.js';
import { directGet } from './direct-get.js';

t.test(
  'position, subject and time are those that the client reads from the headers, without parsing them',
  async (t) => {
    const bus = await connect(t, await startNats(t));
    await ensureStreams(bus, { partitions: 1, replicas: 1 });
    const own = headers();
    own.set('Nats-Msg-Id', 'one');
    own.set('Other', 'Nats-Sequence: 77');
    for (const subject of ['ev.0.a.b.s1', 'ev.0.a.b.s2']) {
      bus.nc.publish(subject, `text of ${subject}`, { headers: own });
      own.delete('Nats-Msg-Id');
    }
    await bus.nc.flush();

    const read = await directGet(bus, 'EV_0', { seq: 1, next_by_subj: 'ev.0.>', batch: 10 });
    t.same(
      read.map(({ position, subject, data }) => [position, subject, String(Buffer.from(data))]),
      [
        [1, 'ev.0.a.b.s1', 'text of ev.0.a.b.s1'],
        [2, 'ev.0.a.b.s2', 'text of ev.0.a.b.s2'],
      ],
    );
    for (const message of read) {
      t.ok(Math.abs(message.timeMs - Date.now()) < 60_000);
      const { msg } = message as unknown as { msg: { _headers?: unknown } };
      t.equal(msg._headers, undefined, 'the client has the form that is expected, so its parser was not used');
      t.equal(message.headers?.get('Nats-Subject'), message.subject);
      t.equal(Date.parse(message.headers?.get('Nats-Time-Stamp') ?? ''), message.timeMs);
    }
    t.same(await directGet(bus, 'EV_0', { seq: 3, next_by_subj: 'ev.0.>', batch: 10 }), [], 'a status is no message');
  },
);
