import type { StreamConfig } from '@nats-io/jetstream';
import { expectedConfigs, type StreamsOptions } from './streams.js';

/** Settings of a stream that must be as we created them for the guarantees to hold. */
const GUARDED = [
  'retention',
  'storage',
  'discard',
  'discard_new_per_subject',
  'max_age',
  'max_msgs',
  'max_msgs_per_subject',
  'max_msg_size',
  'duplicate_window',
  'deny_delete',
  'deny_purge',
  'allow_direct',
  'allow_atomic',
  'allow_msg_ttl',
  'num_replicas',
  'no_ack',
  'sealed',
] as const satisfies (keyof StreamConfig)[];

/** Values that the server reports for settings that were not made; it leaves out those that are false. */
const ABSENT: Partial<StreamConfig> = {
  max_age: 0,
  max_msgs: -1,
  max_msgs_per_subject: -1,
  max_msg_size: -1,
  discard_new_per_subject: false,
  no_ack: false,
  sealed: false,
};

/** Compares the streams as the server has them with the settings that the bus gave them. */
export class StreamDrift {
  readonly #expected: ReadonlyMap<string, Partial<StreamConfig>>;

  constructor(options: StreamsOptions) {
    this.#expected = new Map(expectedConfigs(options).map((config) => [config.name, config]));
  }

  /** Names each setting that somebody else has changed; nothing for a stream that is not ours. */
  of(config: StreamConfig): string[] {
    const expected = this.#expected.get(config.name);
    if (!expected) return [];
    const drift = GUARDED.flatMap((key) => {
      const wanted = expected[key] ?? ABSENT[key];
      const found = config[key] ?? ABSENT[key];
      return wanted === undefined || found === wanted
        ? []
        : [`stream ${config.name} has ${key} ${found} instead of ${wanted}`];
    });
    const missing = (expected.subjects ?? []).filter((subject) => !config.subjects?.includes(subject));
    drift.push(...missing.map((subject) => `stream ${config.name} no longer takes ${subject}`));
    if ('persist_mode' in config && config.persist_mode === 'async')
      drift.push(`stream ${config.name} acknowledges before it writes (persist_mode async)`);
    return drift;
  }
}
