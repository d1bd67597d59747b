import type { FastifyInstance } from 'fastify';
import type { StoreUsage } from '../../../proto/http/store-usage.js';
import { PROBLEMS } from '../server/problem-schema.js';

export interface StoreRoutesDeps {
  health: { storeUsage(): Promise<StoreUsage> };
}

export function storeRoutes(app: FastifyInstance, { health }: StoreRoutesDeps): void {
  app.get(
    '/v1/store',
    { schema: STORE, config: { access: { officer: 'store.read' }, outsiders: ['platform_operator'] } },
    () => health.storeUsage(),
  );
}

const bytes = { type: ['integer', 'null'] };
const STORE = {
  tags: ['operations'],
  summary: 'What each stream of the store takes, and what is left',
  response: {
    200: {
      type: 'object',
      properties: {
        capacity: bytes,
        free: bytes,
        streams: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              name: { type: 'string' },
              messages: { type: 'integer' },
              used: { type: 'integer' },
              limit: bytes,
              messageLimit: bytes,
            },
          },
        },
      },
    },
    ...PROBLEMS,
  },
};
