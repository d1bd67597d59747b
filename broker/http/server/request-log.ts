import type { FastifyInstance } from 'fastify';
import { SpacedReports } from '../../../proto/async/spaced-reports.js';
import type { GatewayMetrics } from '../../metrics/gateway-metrics.js';

/** While the store is away every request fails, and a log that a busy bus floods shows nothing else. */
const FAILURE_INTERVAL_MS = 60_000;

/**
 * Logs one line and records one measurement per request; of requests that fail alike (method, route and status) one at once and then one a minute, with their number since
 * the one before as `failures`. The route pattern stands for the address: query and path hold tickets and
 * keys of records, headers and bodies hold tokens and payloads.
 */
export function addRequestLog(
  app: FastifyInstance,
  metrics: GatewayMetrics,
  clockMs = (): number => performance.now(),
): void {
  const failures = new SpacedReports(clockMs, FAILURE_INTERVAL_MS);
  app.addHook('onResponse', async (request, reply) => {
    const { url, config } = request.routeOptions;
    const route = url ?? 'unknown';
    const ms = Math.round(reply.elapsedTime * 10) / 10;
    const operation = url === undefined || config.isForOtherMethods ? undefined : { method: request.method, route };
    metrics.requestDone(operation, reply.statusCode, reply.elapsedTime / 1000);
    const line = { request: request.id, method: request.method, route, status: reply.statusCode, ms };
    if (reply.statusCode < 500) {
      request.log.debug(line, 'request');
      return;
    }
    const { log } = request;
    failures.add(`${request.method} ${route} ${reply.statusCode}`, (count) =>
      log.warn({ ...line, failures: count }, 'request'),
    );
  });
}
