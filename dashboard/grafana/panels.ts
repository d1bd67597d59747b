import { errorRatio, OBJECTIVE_WINDOW, OBJECTIVES } from '../prometheus/objectives.js';
import { grantPanels } from './grant-panels.js';
import { lawfulPanels } from './lawful-panels.js';
import { type DashboardSpec, type PanelSpec, TARGET } from './panel.js';
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
    description: { en: 'Events stored and acknowledged, by kind of change', zh: '已存储并确认的事件,按变更类型' },
    unit: 'eps',
    runbook: 'SluiceStoreFull',
    queries: [{ expr: rate('sluice_events_accepted_total', 'op'), legend: '{{op}}' }],
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
    description: { en: 'Refused events kept for their source to repair', zh: '为数源部门保留待修复的被拒事件' },
    unit: 'eps',
    runbook: 'SluiceQuarantineGrowing',
    queries: [{ expr: `${rate('sluice_events_quarantined_total', 'code')} or vector(0)`, legend: '{{code}}' }],
  },
  {
    title: { en: 'Waiting for the store', zh: '等待入库' },
    description: { en: 'Events received and not yet answered', zh: '已收到但尚未答复的事件' },
    unit: 'short',
    runbook: 'SluiceIntakeBacklog',
    queries: [{ expr: `sum by (instance) (sluice_intake_waiting_events{${TARGET}})`, legend: '{{instance}}' }],
  },
  {
    title: { en: 'Commit duration', zh: '提交耗时' },
    description: { en: 'From sending a commit to the acknowledgement of the store', zh: '从发送提交到存储确认' },
    unit: 's',
    runbook: 'SluiceCommitSlow',
    queries: quantiles('sluice_commit_duration_seconds'),
  },
  {
    title: { en: 'NATS and the ledger', zh: 'NATS 与台账' },
    description: { en: '1 while the broker is connected and sees the ledger', zh: '连接正常且能读取台账时为 1' },
    unit: 'short',
    runbook: 'SluiceNatsDown',
    queries: [
      { expr: `min by (instance) (sluice_nats_up{${TARGET}})`, legend: 'NATS {{instance}}' },
      { expr: `min by (instance) (sluice_ledger_in_sight{${TARGET}})`, legend: 'ledger {{instance}}' },
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
    description: { en: 'Events handed to subscribers, by encoding', zh: '推送给订阅方的事件,按编码' },
    unit: 'eps',
    runbook: 'SluiceSubscribersBehind',
    queries: [{ expr: rate('sluice_deliveries_total', 'encoding'), legend: '{{encoding}}' }],
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
    panels: [...exchangePanels, ...storePanels],
  },
  {
    uid: 'sluice-subscribers',
    title: { en: 'Sluice: subscribers', zh: 'Sluice:订阅方' },
    panels: [...subscriberPanels, ...grantPanels],
  },
  { uid: 'sluice-lawfulness', title: { en: 'Sluice: lawfulness', zh: 'Sluice:依法履责' }, panels: lawfulPanels },
];
