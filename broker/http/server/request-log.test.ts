import Fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import { pino } from 'pino';
import t from 'tap';
import { Metrics } from '../../metrics/metrics.js';
import { addOtherMethods } from './other-methods.js';
import { addRequestLog } from './request-log.js';

t.test(
  'requests that fail alike are one line at once and one a minute with their number, each kind by itself',
  async (t) => {
    let nowMs = 0;
    const lines: { route: string; status: number; failures: number }[] = [];
    const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
    const app = Fastify({
      loggerInstance: log as FastifyBaseLogger,
      logController: new LogController({ disableRequestLogging: true }),
    });
    t.teardown(() => app.close());
    addRequestLog(app, new Metrics().gateway, () => nowMs);
    app.get('/a', async (_request, reply) => reply.code(503).send());
    app.get('/b/:id', async (_request, reply) => reply.code(503).send());
    const logged = () => lines.splice(0).map(({ route, status, failures }) => `${route} ${status} ×${failures}`);
    for (let i = 0; i < 50; i++) await app.inject('/a');
    await app.inject('/b/1');
    t.strictSame(logged(), ['/a 503 ×1', '/b/:id 503 ×1']);
    nowMs = 60_000;
    await app.inject('/a');
    t.strictSame(logged(), ['/a 503 ×50']);
  },
);

t.test('paths and methods that nobody serves share one series, and HEAD counts as GET', async (t) => {
  const app = Fastify();
  t.teardown(() => app.close());
  const metrics = new Metrics();
  addRequestLog(app, metrics.gateway);
  const addRest = addOtherMethods(app, []);
  app.get('/a', async () => ({}));
  addRest();
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const) {
    await app.inject({ method, url: '/a' });
    await app.inject({ method, url: `/made-up-by-${method}` });
  }
  const counted = (await metrics.text('text')).match(/^sluice_http_requests_total\{.*$/gm);
  t.strictSame(counted?.sort(), [
    'sluice_http_requests_total{method="GET",route="/a",status="2xx"} 2',
    'sluice_http_requests_total{method="other",route="unknown",status="2xx"} 1',
    'sluice_http_requests_total{method="other",route="unknown",status="4xx"} 11',
  ]);
});
