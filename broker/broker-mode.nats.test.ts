import t from 'tap';
import { startBroker } from '../tests/support/broker/broker.js';
import { startNats } from '../tests/support/nats/nats.js';

const platformRegistration = { platform: 'p', owner: 'o', number: '1' };

t.test('a trial broker must end, with the reason, when another broker registers the bus', async (t) => {
  const nats = await startNats(t);
  const { broker: trial } = await startBroker(t, { nats });
  const { broker: lawful } = await startBroker(t, { nats, config: { platformRegistration } });
  t.match(await trial.mustEnd, { name: 'ConfigurationConflictError', message: /bus is registered/ });
  t.notOk(lawful.trial);
  await t.rejects(startBroker(t, { nats }), { name: 'ConfigurationConflictError' }, 'nor does one start');
});

t.test('a broker with another secret does not start', async (t) => {
  const nats = await startNats(t);
  await startBroker(t, { nats });
  const secret = 'another-secret-than-the-one-of-the-tests';
  await t.rejects(startBroker(t, { nats, config: { secret } }), { message: /secret is not the one/ });
});
