import { type PanelSpec, TARGET } from './panel.js';
import { quantiles } from './queries.js';

/** The store, the ledger, and what sources owe. */
export const storePanels: PanelSpec[] = [
  {
    title: { en: 'Store: time until full', zh: '存储:预计写满时间' },
    description: {
      en: 'Days until events are refused if the store goes on to fill as in the last hour; no line while it does not fill',
      zh: '按最近一小时的增长速度,距拒收事件的天数;未增长时无曲线',
    },
    unit: 'd',
    runbook: 'SluiceStoreFullSoon',
    queries: [
      { expr: `min by (instance) (sluice_store_seconds_until_full{${TARGET}}) / 86400`, legend: '{{instance}}' },
    ],
  },
  {
    title: { en: 'Store: free share', zh: '存储:剩余比例' },
    description: {
      en: 'Share of the disk of the store, or of the storage limit of its account, that is free. Events are refused at about 5 %. No line where the account has no limit',
      zh: '存储磁盘(或存储账号限额)的剩余比例;约 5 % 时开始拒收事件;账号无限额时无曲线',
    },
    unit: 'percentunit',
    runbook: 'SluiceStoreFilling',
    queries: [
      {
        expr: `min by (instance) (sluice_store_free_bytes{${TARGET}} / sluice_store_capacity_bytes{${TARGET}})`,
        legend: '{{instance}}',
      },
    ],
  },
  {
    title: { en: 'Streams: share of their limit', zh: '流:占限额的比例' },
    description: {
      en: 'Bytes or messages of each stream against its own limit, whichever is nearer, at which NATS stores nothing more in it; streams without a limit have no line',
      zh: '各流字节数或消息数占其自身限额的比例(取较大者),达到限额后 NATS 不再写入该流;无限额的流无曲线',
    },
    unit: 'percentunit',
    runbook: 'SluiceStreamFull',
    queries: [
      {
        expr: `max by (stream) (sluice_nats_stream_limit_ratio{${TARGET}})`,
        legend: '{{stream}}',
      },
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
    runbook: 'SluiceReplicasBehind',
    queries: [{ expr: `max by (server) (sluice_nats_replicas_behind{${TARGET}}) or vector(0)`, legend: '{{server}}' }],
  },
  {
    title: { en: 'Replica lag', zh: '副本滞后' },
    description: {
      en: 'Messages that the replicas on each server of a NATS cluster are behind their leaders, of the stream that is furthest behind',
      zh: 'NATS 集群各服务器上的副本落后于主副本的消息数,取落后最多的流',
    },
    unit: 'short',
    runbook: 'SluiceReplicasBehind',
    queries: [
      {
        expr: `max by (server) (sluice_nats_stream_replica_lag_messages{${TARGET}}) or vector(0)`,
        legend: '{{server}}',
      },
    ],
  },
  {
    title: { en: 'Streams led', zh: '主副本分布' },
    description: {
      en: 'Streams that each server of a NATS cluster leads: every commit goes to the leader of its stream, so one that leads nearly all does the work of all',
      zh: 'NATS 集群各服务器担任主副本的流数;每次提交都由所在流的主副本处理,分布悬殊时负载集中于一台',
    },
    unit: 'short',
    runbook: 'SluiceCommitSlow',
    queries: [{ expr: `max by (server) (sluice_nats_streams_led{${TARGET}}) or vector(0)`, legend: '{{server}}' }],
  },
  {
    title: { en: 'Connections to NATS made anew', zh: 'NATS 重连次数' },
    description: {
      en: 'Times in an hour that a broker lost its connection to NATS and got it back',
      zh: '一小时内代理与 NATS 断开并重新连接的次数',
    },
    unit: 'short',
    runbook: 'SluiceNatsDown',
    queries: [
      { expr: `sum by (instance) (increase(sluice_nats_reconnects_total{${TARGET}}[1h]))`, legend: '{{instance}}' },
    ],
  },
  {
    title: { en: 'Round trip to NATS', zh: 'NATS 往返时间' },
    description: { en: 'One round trip from each broker to its NATS server', zh: '各代理到其 NATS 服务器的一次往返' },
    unit: 's',
    runbook: 'SluiceNatsSlow',
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
    title: { en: 'Faults of the ledger and the journal of rights', zh: '台账与权利日志故障' },
    description: {
      en: '1 while a broker has found a record of the ledger that does not hold and so delivers nothing (`ledger`), or cannot write its journal of rights (`journal`)',
      zh: '1 表示代理发现台账记录不成立而停止推送(ledger),或无法写入权利日志(journal)',
    },
    unit: 'short',
    runbook: 'SluiceLedgerBroken',
    queries: [
      { expr: `max by (instance) (sluice_ledger_broken{${TARGET}})`, legend: 'ledger {{instance}}' },
      { expr: `max by (instance) (sluice_rights_journal_failing{${TARGET}})`, legend: 'journal {{instance}}' },
    ],
  },
  {
    title: { en: 'Time to record an act', zh: '台账写入耗时' },
    description: {
      en: 'Time to append a record to the ledger, with repeats where another broker was faster: suspending a grant takes at least this long',
      zh: '向台账追加一条记录的耗时,含与其他代理冲突后的重试;暂停授权等操作至少需要这段时间',
    },
    unit: 's',
    runbook: 'SluiceCommitSlow',
    queries: quantiles('sluice_ledger_append_duration_seconds'),
  },
  {
    title: { en: 'Ledger check after a start', zh: '启动后的台账校验' },
    description: {
      en: 'Records before the checkpoint that a broker has still to check while it serves, which takes CPU until none is left',
      zh: '代理启动后在服务同时尚待校验的检查点之前的台账记录;归零前会占用处理器',
    },
    unit: 'short',
    runbook: 'SluiceLedgerBroken',
    queries: [{ expr: `max by (instance) (sluice_ledger_unchecked_records{${TARGET}})`, legend: '{{instance}}' }],
  },
  {
    title: { en: 'Longest hold of the event loop', zh: '事件循环最长占用' },
    description: {
      en: 'Longest time within a minute in which the broker did one thing and everything else waited: nothing is accepted or delivered meanwhile. Above 0.1 s it is short of CPU, or the machine stood still',
      zh: '一分钟内代理处理单项工作、其余一切等待的最长时间,其间不接收也不推送;超过 0.1 秒说明处理器不足或机器曾停顿',
    },
    unit: 's',
    runbook: 'SluiceBrokerHeld',
    queries: [{ expr: `max by (instance) (sluice_event_loop_hold_max_seconds{${TARGET}})`, legend: '{{instance}}' }],
  },
  {
    title: { en: 'Failed log-ins', zh: '登录失败' },
    description: {
      en: 'Log-ins that failed, a second: `token` wrong or replaced, `ticket` wrong or used, `missing` none given, `throttled` slowed down after many failures',
      zh: '每秒登录失败次数:token 为令牌错误或已更换,ticket 为票据错误或已使用,missing 为未提供,throttled 为多次失败后被限速',
    },
    unit: 'ops',
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
    description: {
      en: 'Brokers by the version that they run, and by the version of the NATS server that they are connected to',
      zh: '各版本的代理数量,以及按所连 NATS 服务器版本统计的代理数量',
    },
    unit: 'short',
    runbook: 'SluiceBrokerDown',
    queries: [
      { expr: `count by (version) (sluice_build_info{${TARGET}})`, legend: 'Sluice {{version}}' },
      { expr: `count by (version) (sluice_nats_server_info{${TARGET}})`, legend: 'NATS {{version}}' },
    ],
  },
];
