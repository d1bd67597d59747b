import type { FastifyRequest } from 'fastify';
import { refuseOne } from '../../procedure/engine/refusals.js';

/** Words of a query by which a registered bus lists files, at addresses that list something else on a trial bus. */
const WORDS = ['state', 'party', 'entry', 'about', 'due-before', 'document', 'level', 'region'];

/** Throws NOT_ALLOWED for those words that the route does not have itself. To be called behind the authentication, ahead of the validation. */
export async function refuseLawfulWords({ query, routeOptions }: FastifyRequest): Promise<void> {
  const { querystring } = (routeOptions.schema ?? {}) as { querystring?: { properties?: object } };
  const own = querystring?.properties ?? {};
  const given = WORDS.filter((word) => !(word in own) && word in (query as object));
  if (given.length === 0) return;
  const list = 'lists files of the lawful procedure, and the bus has no platformRegistration';
  throw refuseOne('NOT_ALLOWED', `GET ${routeOptions.url} with ${given.join(', ')} ${list}: leave it out`);
}
