import type { Test } from 'tap';
import type { BrokerHandle } from '../../../broker/boot/broker-handle.js';
import { SINGLE_PROCESS } from '../../../broker/boot/process-role.js';
import { createBroker } from '../../../broker/broker.js';
import { type Config, parseConfig } from '../../../broker/config.js';
import type { EmbeddedServer } from '../../../broker/nats/server/embedded-server.js';
import type { Machines } from '../../../broker/procedure/all-machines.js';
import { temporaryFolder } from '../nats/nats.js';
import { CallFailedError, call } from '../raw-client/raw-http.js';

export const OPERATOR_TOKEN = 'operator-token-of-the-tests';
export const SHARED_SECRET = 'the-shared-secret-of-the-tests-0123456789';

export interface TestBroker {
  url: string;
  /** Address of the WebSocket. */
  streamUrl: string;
  operatorToken: string;
  broker: BrokerHandle;
  /** Loads a bundle as the platform operator; fails the test when it is refused. */
  apply(bundle: object): Promise<unknown>;
}

export interface StartBrokerOptions {
  /** A server that the test controls; else the broker runs its own. */
  nats?: EmbeddedServer;
  /** Instead of those that the product has. */
  machines?: Machines;
  config?: Partial<Omit<Config, 'session' | 'http' | 'quotas'>> & {
    session?: Partial<Config['session']>;
    http?: Partial<Config['http']>;
    quotas?: Partial<Config['quotas']>;
  };
}

/** A broker in this process on a free port with a folder of its own; drained when the test ends, pass or fail. */
export async function startBroker(
  t: Test,
  { nats, machines, config = {} }: StartBrokerOptions = {},
): Promise<TestBroker> {
  const defaults = parseConfig({}, '');
  const { user, pass } = nats ?? {};
  const configured: Config = {
    ...defaults,
    port: 0,
    dataDir: config.dataDir ?? (await temporaryFolder(t)),
    // Tests have nothing to lose in a power cut.
    durability: 'relaxed',
    logLevel: 'silent',
    secret: SHARED_SECRET,
    bootstrapToken: OPERATOR_TOKEN,
    ...config,
    nats: { ...defaults.nats, url: nats?.url, user, pass },
    session: { ...defaults.session, ...config.session },
    http: { ...defaults.http, ...config.http },
    quotas: { ...defaults.quotas, ...config.quotas },
  };
  const broker = await createBroker(configured, SINGLE_PROCESS, machines);
  t.teardown(() => broker.drain());
  const { url } = await broker.start();
  return { url, streamUrl: streamUrlOf(url), operatorToken: OPERATOR_TOKEN, broker, apply: (b) => applyBundle(url, b) };
}

export const streamUrlOf = (url: string): string => `${url.replace(/^http/, 'ws')}/v1/stream`;

/** Loads a bundle as the platform operator. Throws CallFailedError. */
export async function applyBundle(url: string, bundle: object): Promise<unknown> {
  const answer = await call({ url, token: OPERATOR_TOKEN }, 'POST', '/v1/bundles', JSON.stringify(bundle));
  if (answer.status !== 200) throw new CallFailedError('POST /v1/bundles', answer);
  return answer.json;
}
