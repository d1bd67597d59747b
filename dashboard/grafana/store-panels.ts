import { type PanelSpec, TARGET } from './panel.js';

/** The store, the ledger, and what sources owe. */
export const storePanels: PanelSpec[] = [
  {
    title: { en: 'Store: free, and time until full', zh: '存储:剩余与预计写满时间' },
    description: {
      en: 'Days until events are refused if the store goes on to fill as in the last hour; none while it does not fill',
      zh: '按最近一小时的增长速度,距拒收事件的天数;未增长时无数值',
    },
    unit: 'd',
    runbook: 'SluiceStoreFullSoon',
    queries: [
      { expr: `min by (instance) (sluice_store_seconds_until_full{${TARGET}}) / 86400`, legend: '{{instance}}' },
    ],
  },
  {
    title: { en: 'Streams', zh: '流' },
    description: { en: 'Bytes that each stream of NATS holds', zh: '每个 NATS 流占用的字节数' },
    unit: 'bytes',
    runbook: 'SluiceStoreFullSoon',
    queries: [{ expr: `max by (stream) (sluice_nats_stream_bytes{${TARGET}})`, legend: '{{stream}}' }],
  },
  {
    title: { en: 'Replicas behind', zh: '落后的副本' },
    description: {
      en: 'Replicas of streams on each server of a NATS cluster that are offline or not up to date',
      zh: 'NATS 集群各服务器上离线或未同步的流副本',
    },
    unit: 'short',
    runbook: 'SluiceNatsDown',
    queries: [{ expr: `max by (server) (sluice_nats_replicas_behind{${TARGET}}) or vector(0)`, legend: '{{server}}' }],
  },
  {
    title: { en: 'Round trip to NATS', zh: 'NATS 往返时间' },
    description: { en: 'One round trip from each broker to its NATS server', zh: '各代理到其 NATS 服务器的一次往返' },
    unit: 's',
    runbook: 'SluiceNatsDown',
    queries: [
      {
        expr: `max by (instance, server) (sluice_nats_round_trip_seconds{${TARGET}})`,
        legend: '{{instance}} {{server}}',
      },
    ],
  },
  {
    title: { en: 'Quarantine by age', zh: '隔离事件的时长' },
    description: {
      en: 'Refused events that are kept for their source, repaired or not, by the age that they have at least',
      zh: '为数源部门保留的被拒事件(无论是否已修复),按最小时长',
    },
    unit: 'short',
    runbook: 'SluiceQuarantineOld',
    queries: [{ expr: `max by (older_than) (sluice_quarantine_events{${TARGET}})`, legend: '{{older_than}}' }],
  },
  {
    title: { en: 'Late entries', zh: '逾期未更新的目录' },
    description: {
      en: 'Entries without an event for longer than the update frequency that they declare',
      zh: '超过所声明更新周期仍无事件的目录',
    },
    unit: 'short',
    runbook: 'SluiceEntriesLate',
    queries: [{ expr: `max by (frequency) (sluice_entries_late{${TARGET}})`, legend: '{{frequency}}' }],
  },
  {
    title: { en: 'Ledger and receipts', zh: '台账与回执' },
    description: {
      en: 'Time since the ledger was last certain to be read, and age of the oldest receipt that is not sealed in it',
      zh: '距上次确认读完台账的时间,以及最早未封存回执的时长',
    },
    unit: 's',
    runbook: 'SluiceReceiptsUnsealed',
    queries: [
      { expr: `max by (instance) (sluice_ledger_lag_seconds{${TARGET}})`, legend: 'ledger {{instance}}' },
      { expr: `max by (instance) (sluice_receipts_unsealed_age_seconds{${TARGET}})`, legend: 'receipts {{instance}}' },
    ],
  },
  {
    title: { en: 'Ledger check after a start', zh: '启动后的台账校验' },
    description: {
      en: 'Records before the checkpoint that a broker has still to check while it serves, which takes CPU until none is left',
      zh: '代理启动后在服务同时尚待校验的检查点之前的台账记录;归零前会占用处理器',
    },
    unit: 'short',
    runbook: 'SluiceLedgerStale',
    queries: [{ expr: `max by (instance) (sluice_ledger_unchecked_records{${TARGET}})`, legend: '{{instance}}' }],
  },
  {
    title: { en: 'Longest hold of the event loop', zh: '事件循环最长占用' },
    description: {
      en: 'Longest time within a minute that one turn kept everything else waiting',
      zh: '一分钟内单次占用事件循环的最长时间',
    },
    unit: 's',
    runbook: 'SluiceErrorBudgetBurn',
    queries: [{ expr: `max by (instance) (sluice_event_loop_hold_max_seconds{${TARGET}})`, legend: '{{instance}}' }],
  },
  {
    title: { en: 'Failed log-ins', zh: '登录失败' },
    description: { en: 'Log-ins that failed, by what was wrong', zh: '登录失败次数,按原因' },
    unit: 'eps',
    runbook: 'SluiceLoginsFailing',
    queries: [
      {
        expr: `sum by (failure) (rate(sluice_logins_failed_total{${TARGET}}[$__rate_interval])) or vector(0)`,
        legend: '{{failure}}',
      },
    ],
  },
  {
    title: { en: 'Versions', zh: '版本' },
    description: { en: 'Brokers by the version that they run', zh: '各版本的代理数量' },
    unit: 'short',
    runbook: 'SluiceBrokerDown',
    queries: [{ expr: `count by (version) (sluice_build_info{${TARGET}})`, legend: '{{version}}' }],
  },
];
