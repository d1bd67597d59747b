/**
 * Metric families that no panel, alert or runbook names, each with the reason. They are there for who looks for a cause with a query of
 * their own; a family that an operator should see has a panel. A name that ends in `*` stands for all that begin so.
 */
export const WITHOUT_PANEL: Readonly<Record<string, string>> = {
  'nodejs_active_*':
    'handles and requests of Node: leaks of ours, which the soaks look for; open files show them in production',
  'nodejs_eventloop_lag_*': 'sluice_event_loop_hold_max_seconds keeps the longest hold, whoever else scrapes',
  'nodejs_heap_s*': 'parts of the heap, of which the used part is shown',
  nodejs_external_memory_bytes: 'part of the resident memory, which is shown',
  nodejs_version_info: 'sluice_build_info has the version of Node as a label',
  process_cpu_system_seconds_total: 'part of the CPU, which is shown',
  process_cpu_user_seconds_total: 'part of the CPU, which is shown',
  process_heap_bytes: 'part of the resident memory, which is shown',
  process_virtual_memory_bytes: 'reserved addresses, which cost nothing',
  sluice_catch_up_reads_total: 'the events of these pages are shown',
  sluice_grant_connected:
    '`sluice lag` shows the state of each cursor; counted over all grants it is no sign of a fault',
  sluice_grant_credit_events: 'subscriptions out of credit are shown',
  sluice_grant_lag_exact: 'cursors that are still being counted are shown',
  sluice_grant_last_acknowledgement_timestamp_seconds:
    '`sluice lag` shows it for each cursor; the age of the oldest event is what matters',
  sluice_ledger_conflicts_total: 'the time to record an act contains its repeats',
  sluice_ledger_records: 'records on the ledger are shown as they come, and the lag says whether a broker follows',
  sluice_nats_reconnect_failures_total: 'the log has the reasons, and `sluice_nats_up` says that it lasts',
  sluice_nats_stream_limit_bytes: 'the share that is used is shown, of bytes and messages',
  sluice_nats_stream_messages: 'limits and disks are in bytes, which are shown',
  sluice_receipts_unsealed: 'the age of the oldest is shown: some are unsealed at any time',
};
