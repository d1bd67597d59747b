import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import type { Config } from '../../config.js';
import { ClientAddresses } from '../../gateway/admission/client-address.js';
import { FailedLogins } from '../../gateway/admission/failed-logins.js';
import { IdentityProviders } from '../../gateway/admission/identity-providers.js';
import { Login, type LoginDeps } from '../../gateway/admission/login.js';
import { StreamSlots } from '../../gateway/admission/stream-slots.js';
import { FrameDeflater } from '../../gateway/frame-deflater.js';
import { FrameInflater } from '../../gateway/frame-inflater.js';
import { UnfinishedFrames } from '../../gateway/unfinished-frames.js';
import type { GatewayMetrics } from '../../metrics/gateway-metrics.js';

/** Share of the descriptors that connections may take; the rest is for files, NATS, worker threads and the log. */
const CONNECTION_SHARE = 0.75;
/** Assumed where the system does not say how many descriptors a process may open. */
const DESCRIPTORS_ASSUMED = 1024;

export interface AdmissionDeps extends Pick<LoginDeps, 'credentials' | 'tickets' | 'refusalOf'> {
  config: Pick<Config, 'http' | 'oidc'>;
  log: Logger;
  metrics: GatewayMetrics;
}

/** Decides who may connect and how often; shared by WebSockets and plain requests, so that neither gets round the other. */
export interface Admission {
  login: Login;
  slots: StreamSlots;
  unfinished: UnfinishedFrames;
  deflater: FrameDeflater;
  inflater: FrameInflater;
  maxConnections: number;
}

export function openAdmission({ config, log, metrics, ...callers }: AdmissionDeps): Admission {
  const { trustedProxies, maxStreamsPerSystem } = config.http;
  const maxConnections = config.http.maxConnections ?? Math.floor(descriptorsMax() * CONNECTION_SHARE);
  const addresses = new ClientAddresses(trustedProxies);
  const failures = new FailedLogins({ log, metrics });
  return {
    login: new Login({ ...callers, addresses, failures, providers: new IdentityProviders(config.oidc, log) }),
    slots: new StreamSlots({ maxConnections, maxStreamsPerSystem }),
    unfinished: new UnfinishedFrames(),
    deflater: new FrameDeflater(),
    inflater: new FrameInflater(),
    maxConnections,
  };
}

/** Descriptors that this process may open. Node raises the soft limit to the hard one when it starts. */
function descriptorsMax(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? DESCRIPTORS_ASSUMED : Number(soft);
  } catch {
    return DESCRIPTORS_ASSUMED;
  }
}
