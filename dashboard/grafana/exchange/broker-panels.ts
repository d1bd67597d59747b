import { type RowSpec, TARGET } from '../panel.js';
import { increase, orNone, quantiles, rate } from '../queries.js';
import { AGE, BYTES, DAYS, NUMBER, SECONDS, SHARE } from '../units.js';

/** The first question: does every broker run, and does it have what it needs? */
export const brokerRow: RowSpec = {
  title: { en: 'Do the brokers run?', zh: '节点是否正常' },
  panels: [
    {
      title: { en: 'NATS, ledger and store', zh: 'NATS、台账与存储' },
      description: {
        en: '1 while the broker is connected to NATS, sees the ledger, and the store takes events; 0 while it is not so: nothing is accepted, nothing is delivered, or events are refused',
        zh: '节点已连接 NATS、能读取台账、存储可写入时各为 1；为 0 时分别表示不接收事件、不推送事件、拒收事件',
      },
      unit: NUMBER,
      runbook: 'SluiceNatsDown',
      isCount: true,
      queries: [
        { expr: `min by (instance) (sluice_nats_up{${TARGET}})`, legend: 'NATS {{instance}}' },
        {
          expr: `min by (instance) (sluice_ledger_in_sight{${TARGET}})`,
          legend: { en: 'ledger {{instance}}', zh: '台账 {{instance}}' },
        },
        {
          expr: `min by (instance) (sluice_store_takes_events{${TARGET}})`,
          legend: { en: 'store {{instance}}', zh: '存储 {{instance}}' },
        },
      ],
    },
    {
      title: { en: 'Longest hold of the event loop', zh: '事件循环最长阻塞' },
      description: {
        en: 'Longest time within a minute in which the broker did one thing and everything else waited: nothing is accepted or delivered meanwhile. Above 0.1 s it is short of CPU, or the machine stood still',
        zh: '一分钟内节点处理单项工作而其余全部等待的最长时间，其间不接收也不推送；超过 0.1 秒说明处理器不足或机器曾停顿',
      },
      unit: SECONDS,
      runbook: 'SluiceBrokerHeld',
      limit: { alert: 'SluiceBrokerHeld' },
      queries: [{ expr: `max by (instance) (sluice_event_loop_hold_max_seconds{${TARGET}})`, legend: '{{instance}}' }],
    },
    {
      title: { en: 'Starts', zh: '启动次数' },
      description: {
        en: 'Times in an hour that a broker or one of its workers began anew. Above the line without an upgrade: its log says why it ended',
        zh: '一小时内节点或其工作进程重新启动的次数；未升级而超过红线时，请查看其日志中的退出原因',
      },
      unit: NUMBER,
      isCount: true,
      runbook: 'SluiceBrokerRestarting',
      limit: { alert: 'SluiceBrokerRestarting' },
      queries: [
        { expr: `max by (instance) (changes(process_start_time_seconds{${TARGET}}[1h]))`, legend: '{{instance}}' },
      ],
    },
    {
      title: { en: 'CPU', zh: '处理器' },
      description: { en: 'Cores used by the processes of each broker', zh: '各节点进程占用的处理器核数' },
      unit: { en: 'suffix:cores', zh: 'suffix:核' },
      runbook: 'SluiceErrorBudgetBurn',
      queries: [{ expr: rate('process_cpu_seconds_total', 'instance'), legend: '{{instance}}' }],
    },
    {
      title: { en: 'Memory', zh: '内存' },
      description: {
        en: 'Memory of the processes of each broker: all of it, and what the JavaScript heap uses. It grows with entries, grants, sessions and subscribers that catch up, and then stays',
        zh: '各节点进程占用的全部内存，以及其中 JavaScript 堆的用量；随目录、授权、会话和追赶中的订阅方增长，随后趋稳',
      },
      unit: BYTES,
      runbook: 'SluiceBrokerDown',
      queries: [
        {
          expr: `sum by (instance) (process_resident_memory_bytes{${TARGET}})`,
          legend: { en: 'all {{instance}}', zh: '全部 {{instance}}' },
        },
        {
          expr: `sum by (instance) (nodejs_heap_size_used_bytes{${TARGET}})`,
          legend: { en: 'heap {{instance}}', zh: '堆 {{instance}}' },
        },
      ],
    },
  ],
};

export const storeRows: RowSpec[] = [
  {
    title: { en: 'Does the store have space?', zh: '存储空间是否充足' },
    panels: [
      {
        title: { en: 'Time until the store is full', zh: '存储预计写满时间' },
        description: {
          en: 'Days until events are refused if the store goes on to fill as in the last hour; no line while it does not fill',
          zh: '按最近一小时的增长速度，距开始拒收事件的天数；未增长时无曲线',
        },
        unit: DAYS,
        runbook: 'SluiceStoreFullSoon',
        limit: { alert: 'SluiceStoreFullSoon', factor: 1 / 86_400 },
        queries: [
          { expr: `min by (instance) (sluice_store_seconds_until_full{${TARGET}}) / 86400`, legend: '{{instance}}' },
        ],
      },
      {
        title: { en: 'Free share of the store', zh: '存储剩余比例' },
        description: {
          en: 'Share of the disk of the store, or of the storage limit of its account, that is free. Events are refused at about 5%. No line where the account has no limit',
          zh: '存储磁盘（或存储账号限额）的剩余比例；约 5% 时开始拒收事件；账号无限额时无曲线',
        },
        unit: SHARE,
        runbook: 'SluiceStoreFilling',
        limit: { alert: 'SluiceStoreFilling' },
        queries: [
          {
            expr: `min by (instance) (sluice_store_free_bytes{${TARGET}} / sluice_store_capacity_bytes{${TARGET}})`,
            legend: '{{instance}}',
          },
        ],
      },
      {
        title: { en: 'Streams: share of their limit', zh: '各流占限额的比例' },
        description: {
          en: 'Bytes or messages of each stream against its own limit, whichever is nearer, at which NATS stores nothing more in it; streams without a limit have no line',
          zh: '各流字节数或消息数占其自身限额的比例（取较大者），达到限额后 NATS 不再写入该流；无限额的流无曲线',
        },
        unit: SHARE,
        runbook: 'SluiceStreamFull',
        limit: { alert: 'SluiceStreamFull' },
        hasManyLines: true,
        queries: [
          {
            expr: orNone(`max by (stream) (sluice_nats_stream_limit_ratio{${TARGET}})`, 'stream'),
            legend: '{{stream}}',
          },
        ],
      },
      {
        title: { en: 'Size of the streams', zh: '各流大小' },
        description: { en: 'Bytes that each stream of NATS holds', zh: '每个 NATS 流占用的字节数' },
        unit: BYTES,
        runbook: 'SluiceStoreFullSoon',
        hasManyLines: true,
        queries: [{ expr: `max by (stream) (sluice_nats_stream_bytes{${TARGET}})`, legend: '{{stream}}' }],
      },
    ],
  },
  {
    title: { en: 'Is everything on record?', zh: '台账与回执是否完整' },
    panels: [
      {
        title: { en: 'Faults of the ledger and the journal of rights', zh: '台账与权利日志故障' },
        description: {
          en: '1 while a broker has found a record of the ledger that does not hold and so delivers nothing, or cannot write its journal of rights',
          zh: '节点发现台账记录不成立而停止推送，或无法写入权利日志时为 1',
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceLedgerBroken',
        queries: [
          {
            expr: `max by (instance) (sluice_ledger_broken{${TARGET}})`,
            legend: { en: 'ledger {{instance}}', zh: '台账 {{instance}}' },
          },
          {
            expr: `max by (instance) (sluice_rights_journal_failing{${TARGET}})`,
            legend: { en: 'journal {{instance}}', zh: '权利日志 {{instance}}' },
          },
        ],
      },
      {
        title: { en: 'Age of receipts that are not sealed', zh: '未封存回执的时长' },
        description: {
          en: 'Age of the oldest delivery receipt that is not sealed in the ledger; seals are made every hour',
          zh: '最早一条尚未封存到台账的推送回执的时长；每小时封存一次',
        },
        unit: AGE,
        runbook: 'SluiceReceiptsUnsealed',
        limit: { alert: 'SluiceReceiptsUnsealed' },
        queries: [
          { expr: `max by (instance) (sluice_receipts_unsealed_age_seconds{${TARGET}})`, legend: '{{instance}}' },
        ],
      },
      {
        title: { en: 'Lag of the ledger', zh: '台账滞后' },
        description: {
          en: 'Time since each broker was last certain to have read all of the ledger; it stops delivering before it could miss the end of a grant',
          zh: '各节点距上次确认读完台账的时间；滞后过久时节点停止推送，以免漏掉授权的终止',
        },
        unit: SECONDS,
        runbook: 'SluiceLedgerStale',
        queries: [{ expr: `max by (instance) (sluice_ledger_lag_seconds{${TARGET}})`, legend: '{{instance}}' }],
      },
      {
        title: { en: 'Time to record an act', zh: '台账写入耗时' },
        description: {
          en: 'Time to append a record to the ledger, with repeats where another broker was faster: suspending a grant takes at least this long',
          zh: '向台账追加一条记录的耗时，含与其他节点冲突后的重试；暂停授权等操作至少需要这段时间',
        },
        unit: SECONDS,
        runbook: 'SluiceCommitSlow',
        queries: quantiles('sluice_ledger_append_duration_seconds'),
      },
      {
        title: { en: 'Ledger check after a start', zh: '启动后的台账校验' },
        description: {
          en: 'Records before the checkpoint that a broker has still to check while it serves, which takes CPU until none is left',
          zh: '节点启动后边服务边校验，检查点之前尚待校验的台账记录数；归零前会占用处理器',
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceLedgerBroken',
        queries: [{ expr: `max by (instance) (sluice_ledger_unchecked_records{${TARGET}})`, legend: '{{instance}}' }],
      },
      {
        title: { en: 'Clock of the machine set', zh: '系统时钟被调整' },
        description: {
          en: 'Times in an hour that the clock of the machine was set by a second or more. Ages, lateness and the end of grants are measured by it: run NTP',
          zh: '一小时内系统时钟被调整 1 秒以上的次数；时长、逾期与授权到期均以该时钟为准，请启用 NTP 时间同步',
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceClockSet',
        queries: [{ expr: increase('sluice_clock_steps_total', '1h', 'instance'), legend: '{{instance}}' }],
      },
    ],
  },
];
