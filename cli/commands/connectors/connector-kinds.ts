import type { ConnectorContext } from '../../../connectors/runtime/connector-context.js';
import { runSink, type SinkSubscription } from '../../../connectors/runtime/sink/run-sink.js';
import type { Sink } from '../../../connectors/runtime/sink/sink.js';
import { runSource } from '../../../connectors/runtime/source/run-source.js';
import type { Source } from '../../../connectors/runtime/source/source.js';

/** A connector whose settings have been checked; it runs until the signal aborts. */
export type PreparedConnector = (signal: AbortSignal) => Promise<void>;
/** `folder` holds the configuration file: relative paths in the settings count from it. */
type Prepare = (settings: unknown, context: ConnectorContext, folder: string) => Promise<PreparedConnector>;

/**
 * Every connector by the name that a configuration gives it. A module is loaded when its connector is used, so that
 * none pays for the libraries of another.
 */
export const CONNECTOR_KINDS: Record<string, Prepare> = {
  'postgres-source': async (settings, context) => {
    const { parsePostgresSourceConfig } = await import('../../../connectors/postgres-source/config.js');
    const { PostgresSource } = await import('../../../connectors/postgres-source/source.js');
    const config = parsePostgresSourceConfig(settings, context.name);
    return forSource(() => new PostgresSource(config, context), context);
  },
  'postgres-sink': async (settings, context) => {
    const { parsePostgresSinkConfig } = await import('../../../connectors/postgres-sink/config.js');
    const { PostgresSink } = await import('../../../connectors/postgres-sink/sink.js');
    const config = parsePostgresSinkConfig(settings);
    return forSink(() => new PostgresSink(config, `sluice ${context.name}`, context), config, context);
  },
  'file-source': async (settings, context, folder) => {
    const { parseFileSourceConfig } = await import('../../../connectors/file-source/config.js');
    const { FileSource } = await import('../../../connectors/file-source/source.js');
    const config = parseFileSourceConfig(settings, folder);
    return forSource(() => new FileSource(config, context), context);
  },
  'file-sink': async (settings, context, folder) => {
    const { parseFileSinkConfig } = await import('../../../connectors/file-sink/config.js');
    const { FileSink } = await import('../../../connectors/file-sink/sink.js');
    const config = parseFileSinkConfig(settings, folder);
    return forSink(() => new FileSink(config, context.name), config, context);
  },
  'http-source': async (settings, context) => {
    const { parseHttpSourceConfig } = await import('../../../connectors/http-source/config.js');
    const { HttpSource } = await import('../../../connectors/http-source/source.js');
    const config = parseHttpSourceConfig(settings);
    return forSource(() => new HttpSource(config, context), context);
  },
  webhook: async (settings, context) => {
    const { parseWebhookConfig } = await import('../../../connectors/webhook/config.js');
    const { WebhookSink } = await import('../../../connectors/webhook/sink.js');
    const config = parseWebhookConfig(settings);
    return forSink(() => new WebhookSink(config), config, context);
  },
  'benefit-check': async (settings, context, folder) => {
    const { parseBenefitCheckConfig } = await import('../../../benefits/config.js');
    const { runBenefitCheckConnector } = await import('../../../benefits/connector.js');
    const config = parseBenefitCheckConfig(settings, folder);
    return (signal) => runBenefitCheckConnector(config, context, signal);
  },
};

function forSource(create: () => Source, context: ConnectorContext): PreparedConnector {
  return async (signal) => {
    await using source = create();
    await runSource(source, context, signal);
  };
}

function forSink(
  create: () => Sink,
  { grant, cursor, credit }: SinkSubscription,
  context: ConnectorContext,
): PreparedConnector {
  return async (signal) => {
    await using sink = create();
    await runSink(sink, { grant, cursor, credit }, context, signal);
  };
}
