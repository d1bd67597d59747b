import { FAULTS_OF_THE_BUS } from '../../proto/errors.js';
import { errorRatio, OBJECTIVE_WINDOW, OBJECTIVES, type Objective } from '../prometheus/objectives.js';
import { type Bilingual, type PanelSpec, type RowSpec, TARGET } from './panel.js';
import { orNone, rate } from './queries.js';
import { PER_SECOND, SHARE } from './units.js';
import { TRANSPORTS } from './value-names.js';

const TITLES: Readonly<Record<string, Bilingual>> = {
  accepted: { en: 'Events accepted', zh: '事件接收' },
  live_delivery: { en: 'Live delivery within 250 ms', zh: '250 毫秒内实时推送' },
  canary: { en: 'Canary within 1 s', zh: '探测事件 1 秒内送达' },
};
const DAYS = Number.parseInt(OBJECTIVE_WINDOW, 10);
const RUNBOOK = 'SluiceErrorBudgetBurn';

const titleOf = ({ name }: Objective): Bilingual => TITLES[name] as Bilingual;
const percent = (share: number): string => `${Number((share * 100).toPrecision(6))}%`;

const budgetOf = (objective: Objective): PanelSpec => ({
  title: { en: `${titleOf(objective).en}: budget left`, zh: `${titleOf(objective).zh}：剩余预算` },
  description: {
    en: `Share of the error budget of ${DAYS} days that is left, of the whole bus; below 0 the objective of ${percent(objective.target)} is missed`,
    zh: `全总线 ${DAYS} 天错误预算的剩余比例；低于 0 表示未达到 ${percent(objective.target)} 的目标`,
  },
  unit: SHARE,
  isSigned: true,
  runbook: RUNBOOK,
  queries: [
    {
      expr: `1 - ${errorRatio(objective, OBJECTIVE_WINDOW)} / ${Number((1 - objective.target).toPrecision(6))}`,
      legend: { en: 'budget left', zh: '剩余预算' },
    },
  ],
});

const failingOf = (objective: Objective): PanelSpec => ({
  title: { en: `${titleOf(objective).en}: failing`, zh: `${titleOf(objective).zh}：未达标比例` },
  description: {
    en: 'Share of events that failed the objective over 5 minutes and over one hour, of the whole bus; somebody is called when both are above the line',
    zh: '全总线最近 5 分钟和 1 小时内未达标的事件比例；两者都高于红线时呼叫值班人员',
  },
  unit: SHARE,
  runbook: RUNBOOK,
  limit: { alert: RUNBOOK, labels: { objective: objective.name, window: '1h' } },
  queries: [
    { expr: errorRatio(objective, '5m'), legend: { en: '5 minutes', zh: '5 分钟' } },
    { expr: errorRatio(objective, '1h'), legend: { en: '1 hour', zh: '1 小时' } },
  ],
});

/** The next question: which broker, which code, which transport. */
const causes: PanelSpec[] = [
  {
    title: { en: 'Refused by a fault of the bus', zh: '因总线原因拒收' },
    description: {
      en: 'Events that were refused for no fault of their own, which count against the objective, by error code',
      zh: '并非事件自身原因而被拒收、计入未达标的事件，按错误代码统计',
    },
    unit: PER_SECOND,
    runbook: RUNBOOK,
    queries: [
      {
        expr: orNone(rate('sluice_events_refused_total', 'code', `,code=~"${FAULTS_OF_THE_BUS.join('|')}"`), 'code'),
        legend: '{{code}}',
      },
    ],
  },
  {
    title: { en: 'Late live deliveries by broker', zh: '各节点推送超时比例' },
    description: {
      en: 'Share of the live events of each broker that took more than 250 ms; no line while it delivers nothing',
      zh: '各节点实时推送超过 250 毫秒的事件比例；无推送时无曲线',
    },
    unit: SHARE,
    runbook: RUNBOOK,
    queries: [
      {
        expr: `1 - ${rate('sluice_publish_to_deliver_seconds_bucket', 'instance', ',le="0.25"')} / ${rate('sluice_publish_to_deliver_seconds_count', 'instance')}`,
        legend: '{{instance}}',
      },
    ],
  },
  {
    title: { en: 'Late canary events by transport', zh: '各通道探测超时比例' },
    description: {
      en: 'Share of the events of the canary that took more than a second or never came, over 15 minutes',
      zh: '最近 15 分钟内超过 1 秒或未送达的探测事件比例',
    },
    unit: SHARE,
    runbook: RUNBOOK,
    names: TRANSPORTS,
    queries: [
      {
        expr: `1 - sum by (transport) (rate(sluice_canary_delivery_seconds_bucket{${TARGET},le="1.0"}[15m])) / sum by (transport) (rate(sluice_canary_rounds_total{${TARGET},outcome=~"delivered|missed"}[15m]))`,
        legend: '{{transport}}',
      },
    ],
  },
];

export const objectiveRows: RowSpec[] = [
  { title: { en: 'Is the promise kept?', zh: '目标是否达成' }, columns: 3, panels: OBJECTIVES.map(budgetOf) },
  { title: { en: 'Is it failing now?', zh: '当前是否异常' }, columns: 3, panels: OBJECTIVES.map(failingOf) },
  { title: { en: 'Where does it fail?', zh: '异常出在哪里' }, columns: 3, panels: causes },
];
