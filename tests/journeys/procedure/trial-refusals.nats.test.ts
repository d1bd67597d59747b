import t from 'tap';
import { OPERATOR_TOKEN, startBroker } from '../../support/broker/broker.js';
import { type Body, startLawfulBus } from '../../support/lawful/lawful-bus.js';

const REFUSED = { status: 403, body: { code: 'NOT_ALLOWED', article: 'R31', problems: [{ article: 'R31' }] } };

const operationsOf = async (url: string): Promise<Set<string>> => {
  const { paths } = (await (await fetch(`${url}/docs/json`)).json()) as Body;
  const named = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, 'x')}`),
  );
  return new Set(named);
};

t.test(
  'a trial bus refuses every call of the procedure, and those that it had before keep their meaning',
  async (t) => {
    const lawful = await operationsOf((await startLawfulBus(t)).url);
    const trial = await startBroker(t);
    const known = await operationsOf(trial.url);
    const call = async (operation: string, token = OPERATOR_TOKEN) => {
      const [method, path] = operation.split(' ') as [string, string];
      const answer = await fetch(`${trial.url}${path}`, {
        method,
        ...(method !== 'GET' && { body: '{"reason":"r"}' }),
        headers: { authorization: `Bearer ${token}`, ...(method !== 'GET' && { 'content-type': 'application/json' }) },
      });
      const text = await answer.text();
      return { status: answer.status, body: text.startsWith('{') ? JSON.parse(text) : text };
    };
    const isNew = (operation: string): boolean => !known.has(operation) && operation.includes(' /v1/');
    const fresh = [...lawful].filter(isNew);
    t.ok(fresh.length > 100, `${fresh.length} calls are new`);
    for (const operation of fresh) t.match(await call(operation), REFUSED, operation);
    for (const act of ['disputes', 'corrections/x/take', 'violations/x/order', 'stops/x/lift']) {
      t.match(await call(`POST /v1/${act}`), REFUSED, `POST /v1/${act}, which no bus runs yet`);
    }
    t.match(await call('POST /v1/bodies', 'a-token-that-nobody-was-given'), { status: 401 }, 'who asks comes first');

    t.match(await call('GET /v1/clock'), { status: 200, body: { test: false, calendarVersions: [] } });
    t.match(await call('POST /v1/clock'), REFUSED, 'it is set by the procedure alone');

    for (const path of ['catalog?document=false', 'catalog?state=draft&limit=2', 'grants?state=in_force']) {
      t.match(await call(`GET /v1/${path}`), REFUSED, `${path} lists files, which a trial bus has not`);
    }
    t.match(await call('GET /v1/catalog?documents=1'), { status: 400 }, 'any other word is none');
    t.match(await call('GET /v1/grants?entry=a.b'), { status: 200 }, 'its own words stay');

    const before = [...known].filter((operation) => operation.includes(' /v1/'));
    t.ok(before.includes('POST /v1/systems/x/renew-token'));
    for (const operation of before) t.not((await call(operation)).body.article, 'R31', operation);
  },
);
