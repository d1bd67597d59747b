import type { HttpAddress } from '../support/raw-client/raw-http.js';
import { applyBundle } from '../support/raw-client/raw-http.js';
import type { Publisher } from './model/model-intake.js';

/** A real bus with one source department and one subscriber, for many scenarios side by side. */
export interface OracleBus {
  url: string;
  operator: HttpAddress;
  /** Secret of the bus, under which the model hashes too. */
  secret: string;
  publisher: Publisher;
  sourceToken: string;
  subscriber: { system: string; party: string };
  subscriberToken: string;
}

/** Registers the two departments on a broker in trial mode. */
export async function oracleBus(operator: HttpAddress, secret: string): Promise<OracleBus> {
  const sourceToken = 'oracle-source-token-0123456789';
  const subscriberToken = 'oracle-reader-token-0123456789';
  await applyBundle(operator, {
    parties: [
      { id: 'oracle', name: { en: 'Source of the stories' }, level: 'city', regionCode: '350100' },
      { id: 'listener', name: { en: 'Audience of the stories' }, level: 'city', regionCode: '350100' },
    ],
    systems: [
      { id: 'teller', party: 'oracle', may: ['publish'], token: sourceToken },
      { id: 'audience', party: 'listener', may: ['subscribe'], token: subscriberToken },
    ],
  });
  return {
    url: operator.url,
    operator,
    secret,
    publisher: { system: 'teller', party: 'oracle' },
    sourceToken,
    subscriber: { system: 'audience', party: 'listener' },
    subscriberToken,
  };
}
