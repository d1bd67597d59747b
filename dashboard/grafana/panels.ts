import { errorRatio, OBJECTIVE_WINDOW, OBJECTIVES } from '../prometheus/objectives.js';
import { canaryPanels } from './canary-panels.js';
import { deliveryPanels } from './delivery-panels.js';
import { grantPanels } from './grant-panels.js';
import { lawfulPanels } from './lawful-panels.js';
import { type DashboardSpec, type PanelSpec, TARGET } from './panel.js';
import { processPanels } from './process-panels.js';
import { quantiles, rate } from './queries.js';
import { storePanels } from './store-panels.js';

const OBJECTIVE_TITLES: Record<string, { en: string; zh: string }> = {
  accepted: { en: 'Events accepted', zh: '事件接收' },
  live_delivery: { en: 'Live delivery within 250 ms', zh: '实时推送 250 毫秒内' },
  canary: { en: 'Canary within 1 s', zh: '探测事件 1 秒内到达' },
};

const objectivePanels: PanelSpec[] = OBJECTIVES.flatMap((objective): PanelSpec[] => {
  const title = OBJECTIVE_TITLES[objective.name] as { en: string; zh: string };
  return [
    {
      title: { en: `${title.en}: budget left`, zh: `${title.zh}:剩余预算` },
      description: {
        en: `Share of the error budget of ${OBJECTIVE_WINDOW} that is left; the objective is ${objective.target * 100} %`,
        zh: `${OBJECTIVE_WINDOW} 错误预算的剩余比例;目标为 ${objective.target * 100} %`,
      },
      unit: 'percentunit',
      runbook: 'SluiceErrorBudgetBurn',
      queries: [
        {
          expr: `1 - ${errorRatio(objective, OBJECTIVE_WINDOW)} / ${Number((1 - objective.target).toPrecision(6))}`,
          legend: '',
        },
      ],
    },
    {
      title: { en: `${title.en}: failing`, zh: `${title.zh}:失败比例` },
      description: {
        en: 'Share of events that failed the objective over 5 minutes and over one hour',
        zh: '最近 5 分钟和 1 小时内未达目标的事件比例',
      },
      unit: 'percentunit',
      runbook: 'SluiceErrorBudgetBurn',
      queries: [
        { expr: errorRatio(objective, '5m'), legend: '5m' },
        { expr: errorRatio(objective, '1h'), legend: '1h' },
      ],
    },
  ];
});

const exchangePanels: PanelSpec[] = [
  {
    title: { en: 'Accepted', zh: '已接收' },
    description: {
      en: 'Events stored and acknowledged, by kind of change, and events that a source has sent again (`duplicate`): these are acknowledged and not stored twice',
      zh: '已存储并确认的事件,按变更类型;duplicate 为数源重复发送的事件,只确认、不重复存储',
    },
    unit: 'eps',
    runbook: 'SluiceStoreFull',
    queries: [
      { expr: rate('sluice_events_accepted_total', 'op'), legend: '{{op}}' },
      { expr: rate('sluice_events_duplicate_total'), legend: 'duplicate' },
    ],
  },
  {
    title: { en: 'Refused', zh: '已拒绝' },
    description: { en: 'Events refused, by error code', zh: '被拒绝的事件,按错误代码' },
    unit: 'eps',
    runbook: 'SluiceInternalError',
    queries: [{ expr: `${rate('sluice_events_refused_total', 'code')} or vector(0)`, legend: '{{code}}' }],
  },
  {
    title: { en: 'Quarantined', zh: '隔离' },
    description: {
      en: 'Refused events kept for their source to repair, by error code; `not kept` are those for which there was no room or no store',
      zh: '为数源部门保留待修复的被拒事件,按错误代码;not kept 为因空间不足或存储不可用而未能保留的事件',
    },
    unit: 'eps',
    runbook: 'SluiceQuarantineGrowing',
    queries: [
      { expr: `${rate('sluice_events_quarantined_total', 'code')} or vector(0)`, legend: '{{code}}' },
      { expr: rate('sluice_events_quarantine_missed_total'), legend: 'not kept' },
    ],
  },
  {
    title: { en: 'Refused by quotas', zh: '配额拒绝' },
    description: {
      en: 'Events and requests that a quota refused, or kept no record of, by the name of its setting; the log of the broker names system and party',
      zh: '被配额拒绝或未能保留的事件与请求,按配额设置名;代理日志记有系统与部门',
    },
    unit: 'ops',
    runbook: 'SluiceErrorBudgetBurn',
    queries: [{ expr: `${rate('sluice_quota_refusals_total', 'quota')} or vector(0)`, legend: '{{quota}}' }],
  },
  {
    title: { en: 'Waiting for an answer', zh: '等待答复' },
    description: {
      en: 'Events received and not yet answered, each request with all its events: three requests of 3,000 are 9,000. The store is slow only if commits are',
      zh: '已收到但尚未答复的事件,每个请求按其全部事件计:三个各含 3,000 个事件的请求即为 9,000。只有提交也变慢时才是存储慢',
    },
    unit: 'short',
    runbook: 'SluiceIntakeBacklog',
    queries: [{ expr: `sum by (instance) (sluice_intake_waiting_events{${TARGET}})`, legend: '{{instance}}' }],
  },
  {
    title: { en: 'Bytes waiting for the store', zh: '等待入库的字节' },
    description: {
      en: 'Bytes of the events received and not yet answered: publishers are held back by events or by bytes, whichever bound is reached first',
      zh: '已收到但尚未答复的事件的字节数;事件数或字节数任一达到上限,发布方即被限流',
    },
    unit: 'bytes',
    runbook: 'SluiceIntakeBacklog',
    queries: [{ expr: `sum by (instance) (sluice_intake_waiting_bytes{${TARGET}})`, legend: '{{instance}}' }],
  },
  {
    title: { en: 'Publishers held back', zh: '发布方限流' },
    description: {
      en: 'Times a second that a session was not read from because the store did not keep up',
      zh: '因存储跟不上而暂停读取会话的次数,每秒',
    },
    unit: 'ops',
    runbook: 'SluiceIntakeBacklog',
    queries: [{ expr: rate('sluice_sessions_paused_total', 'instance'), legend: '{{instance}}' }],
  },
  {
    title: { en: 'Events per commit', zh: '每次提交的事件数' },
    description: {
      en: 'Events that one commit to the store holds on average: it grows with the load, up to 1,000',
      zh: '每次向存储提交的平均事件数,随负载增大,最多 1,000 条',
    },
    unit: 'short',
    runbook: 'SluiceCommitSlow',
    queries: [
      {
        expr: `${rate('sluice_commit_events_sum', 'instance')} / ${rate('sluice_commit_events_count', 'instance')}`,
        legend: '{{instance}}',
      },
    ],
  },
  {
    title: { en: 'Commit duration', zh: '提交耗时' },
    description: { en: 'From sending a commit to the acknowledgement of the store', zh: '从发送提交到存储确认' },
    unit: 's',
    runbook: 'SluiceCommitSlow',
    queries: quantiles('sluice_commit_duration_seconds'),
  },
  {
    title: { en: 'NATS, ledger and store', zh: 'NATS、台账与存储' },
    description: {
      en: '1 while the broker is connected to NATS, sees the ledger, and the store takes events; 0 while it is not so: nothing is accepted, nothing is delivered, or events are refused',
      zh: '连接 NATS、能读取台账、存储接收事件时各为 1;为 0 时分别表示不接收事件、不推送、拒收事件',
    },
    unit: 'short',
    runbook: 'SluiceNatsDown',
    queries: [
      { expr: `min by (instance) (sluice_nats_up{${TARGET}})`, legend: 'NATS {{instance}}' },
      { expr: `min by (instance) (sluice_ledger_in_sight{${TARGET}})`, legend: 'ledger {{instance}}' },
      { expr: `min by (instance) (sluice_store_takes_events{${TARGET}})`, legend: 'store {{instance}}' },
    ],
  },
  {
    title: { en: 'CPU', zh: '处理器' },
    description: { en: 'Cores used by the broker processes', zh: '代理进程占用的核数' },
    unit: 'short',
    runbook: 'SluiceBrokerDown',
    queries: [{ expr: rate('process_cpu_seconds_total', 'instance'), legend: '{{instance}}' }],
  },
];

const subscriberPanels: PanelSpec[] = [
  {
    title: { en: 'Delivered', zh: '已推送' },
    description: {
      en: 'Events handed to subscribers: over WebSocket by encoding, and over plain HTTP (`pages`)',
      zh: '推送给订阅方的事件:WebSocket 按编码统计,pages 为普通 HTTP 拉取',
    },
    unit: 'eps',
    runbook: 'SluiceSubscribersBehind',
    queries: [
      { expr: rate('sluice_deliveries_total', 'encoding'), legend: '{{encoding}}' },
      { expr: rate('sluice_pulled_events_total'), legend: 'pages' },
    ],
  },
  {
    title: { en: 'Acceptance to delivery', zh: '接收到推送' },
    description: {
      en: 'From acceptance of an event to its hand-over to live subscribers',
      zh: '从接收事件到交给实时订阅方',
    },
    unit: 's',
    runbook: 'SluiceErrorBudgetBurn',
    queries: quantiles('sluice_publish_to_deliver_seconds'),
  },
  {
    title: { en: 'Subscriptions', zh: '订阅' },
    description: {
      en: 'Open subscriptions: live, or behind and reading the log',
      zh: '打开的订阅:实时,或落后正在读日志',
    },
    unit: 'short',
    runbook: 'SluiceSubscribersBehind',
    queries: [{ expr: `sum by (state) (sluice_subscriptions{${TARGET}})`, legend: '{{state}}' }],
  },
  {
    title: { en: 'Subscriptions ended by the bus', zh: '被总线终止的订阅' },
    description: { en: 'Subscriptions that the bus ended, by code', zh: '总线终止的订阅,按代码' },
    unit: 'eps',
    runbook: 'SluicePositionGone',
    queries: [{ expr: `${rate('sluice_subscriptions_ended_total', 'code')} or vector(0)`, legend: '{{code}}' }],
  },
  {
    title: { en: 'Sessions', zh: '会话' },
    description: { en: 'Open WebSocket sessions, by encoding', zh: '打开的 WebSocket 会话,按编码' },
    unit: 'short',
    runbook: 'SluiceClientsNotReading',
    queries: [{ expr: `sum by (encoding) (sluice_sessions{${TARGET}})`, legend: '{{encoding}}' }],
  },
  {
    title: { en: 'Dead letters', zh: '死信' },
    description: { en: 'Events that subscribers rejected', zh: '被订阅方拒收的事件' },
    unit: 'eps',
    runbook: 'SluiceDeadLetters',
    queries: [{ expr: rate('sluice_dead_letters_total'), legend: 'rejected' }],
  },
  {
    title: { en: 'Bytes sent', zh: '发送字节' },
    description: { en: 'Bytes of the frames of events, by encoding', zh: '事件帧的字节数,按编码' },
    unit: 'Bps',
    runbook: 'SluiceSubscribersBehind',
    queries: [{ expr: rate('sluice_frames_sent_bytes_total', 'encoding'), legend: '{{encoding}}' }],
  },
];

export const DASHBOARDS: readonly DashboardSpec[] = [
  { uid: 'sluice-objectives', title: { en: 'Sluice: objectives', zh: 'Sluice:服务目标' }, panels: objectivePanels },
  {
    uid: 'sluice-exchange',
    title: { en: 'Sluice: exchange', zh: 'Sluice:交换' },
    panels: [...exchangePanels, ...storePanels, ...processPanels],
  },
  {
    uid: 'sluice-subscribers',
    title: { en: 'Sluice: subscribers', zh: 'Sluice:订阅方' },
    panels: [...subscriberPanels, ...deliveryPanels, ...grantPanels],
  },
  { uid: 'sluice-canary', title: { en: 'Sluice: canary and leaks', zh: 'Sluice:探测与泄漏' }, panels: canaryPanels },
  { uid: 'sluice-lawfulness', title: { en: 'Sluice: lawfulness', zh: 'Sluice:依法履责' }, panels: lawfulPanels },
];
