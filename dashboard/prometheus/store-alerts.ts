import { hasGrown } from './expressions.js';
import type { Alert } from './rule.js';
import type { TimeScale } from './time-scale.js';

/** A commit is a round trip at least, and live events are promised within this time. */
const ROUND_TRIP_SECONDS_MAX = 0.25;

/** NATS servers, and the line to them. */
export const natsAlerts = (scale: TimeScale): Alert[] => [
  {
    name: 'SluiceNatsDown',
    expr: `${scale.held('sluice_nats_up')} == 0`,
    for: '1m',
    severity: 'page',
    summary: 'The broker at {{ $labels.instance }} has no connection to NATS: it accepts nothing',
  },
  {
    name: 'SluiceNatsSlow',
    expr: `max by (instance) (${scale.held('sluice_nats_round_trip_seconds')}) > ${ROUND_TRIP_SECONDS_MAX}`,
    for: '5m',
    severity: 'ticket',
    summary:
      'A round trip from the broker at {{ $labels.instance }} to its NATS server takes {{ $value | humanizeDuration }}, and every commit no less',
  },
  {
    name: 'SluiceReplicasBehind',
    expr: `max by (server) (${scale.held('sluice_nats_replicas_behind')}) > 0`,
    for: '5m',
    severity: 'ticket',
    summary:
      '{{ $value }} replicas of streams on NATS server {{ $labels.server }} are offline or not up to date: with another server away nothing is accepted',
  },
];

/** Space that is left in the streams and on the disk below them. */
export const storeAlerts = (scale: TimeScale): Alert[] => [
  {
    name: 'SluiceStoreFullSoon',
    expr: `min(${scale.held('sluice_store_seconds_until_full')}) < ${scale.seconds('3d')}`,
    for: '30m',
    severity: 'ticket',
    summary: 'At the rate of the last hour the store refuses events in {{ $value | humanizeDuration }}',
  },
  {
    name: 'SluiceStoreFull',
    expr: `${hasGrown(scale, 'sluice_events_refused_total{code="STORE_FULL"}')} or min(sluice_store_takes_events) == 0`,
    severity: 'page',
    summary: 'The store is full: events are refused',
  },
  {
    name: 'SluiceStreamFull',
    expr: `max by (stream) (${scale.held('sluice_nats_stream_limit_ratio')}) > 0.9`,
    for: '5m',
    severity: 'ticket',
    summary:
      'Stream {{ $labels.stream }} holds {{ $value | humanizePercentage }} of its limit, at which it takes nothing more',
  },
  {
    name: 'SluiceStreamChanged',
    expr: `max by (stream) (${scale.held('sluice_nats_stream_changed_settings')}) > 0`,
    for: '5m',
    severity: 'ticket',
    summary:
      'Somebody has changed settings of stream {{ $labels.stream }} on the NATS server that the bus relies on: {{ $value }}',
  },
  {
    name: 'SluiceStoreFilling',
    expr: `min(${scale.held('sluice_store_free_bytes')} / ${scale.held('sluice_store_capacity_bytes')}) < 0.25`,
    for: '5m',
    severity: 'ticket',
    summary: 'Only {{ $value | humanizePercentage }} of the store is free: events are refused at about 5%',
  },
];
