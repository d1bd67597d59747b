import type { Logger } from 'pino';
import { ConnectorMetrics } from '../../../connectors/runtime/connector-metrics.js';
import type { RunWebhook } from '../../../dashboard/canary/followers/follow-grant.js';
import { CONNECTOR_KINDS } from '../connectors/connector-kinds.js';

/** The webhook connector as a department runs it, for one grant of the canary. */
export const webhookRunner =
  (stateFolder: string, log: Logger): RunWebhook =>
  async (settings, bus, signal) => {
    const prepare = CONNECTOR_KINDS.webhook!;
    const name = `canary-${settings.grant}`;
    const metrics = new ConnectorMetrics({ name, kind: 'webhook' });
    const connector = log.child({ grant: settings.grant }, { level: 'error' });
    const context = { name, bus, stateFolder, metrics, log: connector, reconnect: undefined };
    await (await prepare(settings, context, stateFolder))(signal);
  };
