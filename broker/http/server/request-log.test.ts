import Fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import { pino } from 'pino';
import t from 'tap';
import { Metrics } from '../../metrics/metrics.js';
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
