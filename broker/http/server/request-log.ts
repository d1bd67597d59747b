import type { FastifyInstance } from 'fastify';
import type { GatewayMetrics } from '../../metrics/gateway-metrics.js';

/**
 * Logs one line and records one measurement per request. The route pattern stands for the address: query and path hold tickets and
 * keys of records, headers and bodies hold tokens and payloads.
 */
export function addRequestLog(app: FastifyInstance, metrics: GatewayMetrics): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    const ms = Math.round(reply.elapsedTime * 10) / 10;
    metrics.requestDone(request.method, route, reply.statusCode, reply.elapsedTime / 1000);
    const line = { request: request.id, method: request.method, route, status: reply.statusCode, ms };
    if (reply.statusCode >= 500) request.log.warn(line, 'request');
    else request.log.debug(line, 'request');
  });
}
