import { type PanelQuery, type RowSpec, TARGET } from './panel.js';
import { increase, rate } from './queries.js';
import { AGE, BYTES_PER_SECOND, NUMBER, SECONDS } from './units.js';
import { MEDIA, ROUND_OUTCOMES, TRANSPORTS } from './value-names.js';

/** A line for each broker and kind of finding. */
const finding = (kind: string, en: string, zh: string): PanelQuery => ({
  expr: increase('sluice_leak_check_findings_total', '1h', 'instance', `,kind="${kind}"`),
  legend: { en: `${en} {{instance}}`, zh: `${zh} {{instance}}` },
});

const paused = (reason: string, en: string, zh: string): PanelQuery => ({
  expr: `max by (instance) (sluice_canary_paused{${TARGET},reason="${reason}"})`,
  legend: { en: `${en} {{instance}}`, zh: `${zh} {{instance}}` },
});

/** Whether the bus delivers and leaks nothing, as the canary sees it from outside and the leak check from within. */
export const canaryRows: RowSpec[] = [
  {
    title: { en: 'Does the bus leak?', zh: '是否泄漏' },
    panels: [
      {
        title: { en: 'Leaks found by the canary', zh: '探测发现的泄漏' },
        description: {
          en: 'Findings in an hour of something that nobody is granted, by where it was. Anything above 0 is an emergency',
          zh: '一小时内发现的未授权内容，按所在位置统计；大于 0 即为紧急事件',
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceCanaryLeak',
        names: MEDIA,
        queries: [{ expr: increase('sluice_canary_leaks_total', '1h', 'medium'), legend: '{{medium}}' }],
      },
      {
        title: { en: 'Views that differ from their grants', zh: '与授权不符的视图' },
        description: {
          en: 'Differences in an hour between what live views of each broker would deliver of synthetic records and what their grants allow: too much, too little, or an error',
          zh: '一小时内各节点实时视图对合成记录的推送结果与授权的差异：多发、少发或出错',
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceViewLeak',
        queries: [
          finding('leak', 'too much', '多发'),
          finding('withheld', 'too little', '少发'),
          finding('failed', 'error', '出错'),
        ],
      },
    ],
  },
  {
    title: { en: 'Does the bus deliver?', zh: '是否送达' },
    panels: [
      {
        title: { en: 'Missed rounds by transport', zh: '各通道未按时送达的探测' },
        description: {
          en: 'Events of the canary in five minutes that did not arrive in time, by transport: one alone is a fault of that transport, all of them an outage',
          zh: '五分钟内未按时送达的探测事件数，按通道统计；单一通道为该通道故障，全部通道为服务中断',
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceErrorBudgetBurn',
        names: TRANSPORTS,
        queries: [
          {
            expr: increase('sluice_canary_rounds_total', '5m', 'transport', ',outcome="missed"'),
            legend: '{{transport}}',
          },
        ],
      },
      {
        title: { en: 'Publishing to receiving', zh: '发布到收到的时间' },
        description: {
          en: 'Time within which 99 of 100 events of the canary arrived, by transport, over 15 minutes; the objective is one second',
          zh: '最近 15 分钟内 99% 的探测事件在此时间内送达，按通道统计；目标为 1 秒',
        },
        unit: SECONDS,
        runbook: 'SluiceErrorBudgetBurn',
        names: TRANSPORTS,
        queries: [
          {
            expr: `histogram_quantile(0.99, sum by (transport, le) (rate(sluice_canary_delivery_seconds_bucket{${TARGET}}[15m])))`,
            legend: '{{transport}}',
          },
        ],
      },
      {
        title: { en: 'Rounds of the canary', zh: '探测结果' },
        description: {
          en: 'Events of the canary in five minutes by outcome; while somebody has suspended its grant they are not owed, which is no outage',
          zh: '五分钟内的探测事件数，按结果统计；授权被暂停期间无需送达，不算中断',
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceErrorBudgetBurn',
        names: ROUND_OUTCOMES,
        queries: [{ expr: increase('sluice_canary_rounds_total', '5m', 'outcome'), legend: '{{outcome}}' }],
      },
    ],
  },
  {
    title: { en: 'Would anybody notice?', zh: '探测本身是否运行' },
    panels: [
      {
        title: { en: 'Time since the last round of the canary', zh: '距最近一轮探测的时间' },
        description: {
          en: 'Time since the canary ended its last round, whatever came of it; above the line it does not run, and nobody would notice an outage or a leak',
          zh: '距最近一轮探测结束的时间，无论结果如何；超过红线说明探测未运行，中断或泄漏将无人发现',
        },
        unit: AGE,
        runbook: 'SluiceCanaryDown',
        limit: { alert: 'SluiceCanaryDown' },
        queries: [
          {
            expr: `time() - max by (instance) (sluice_canary_last_round_timestamp_seconds{${TARGET}})`,
            legend: '{{instance}}',
          },
        ],
      },
      {
        title: { en: 'Canary paused', zh: '探测暂停' },
        description: {
          en: '1 while the canary cannot judge the bus: somebody has suspended one of its grants, or another canary has its tokens',
          zh: '探测无法判断总线时为 1：其授权被暂停，或其令牌已由另一探测使用',
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceCanaryPaused',
        queries: [
          paused('suspended', 'grant suspended', '授权被暂停'),
          paused('tokens', 'tokens replaced', '令牌被更换'),
        ],
      },
      {
        title: { en: 'Searched for secrets', zh: '已检查的字节' },
        description: {
          en: 'Bytes that the canary searched for its secrets, by where they came from; 0 for ledger and log files unless it was given a token of an auditor and log files',
          zh: '探测检查的字节数，按来源统计；未提供审计令牌和日志文件时，台账与日志文件为 0',
        },
        unit: BYTES_PER_SECOND,
        runbook: 'SluiceCanaryDown',
        names: MEDIA,
        queries: [{ expr: rate('sluice_canary_searched_bytes_total', 'medium'), legend: '{{medium}}' }],
      },
      {
        title: { en: 'Views compared with their grants', zh: '已比对的视图' },
        description: {
          en: 'Live views that a broker compared with their grants in an hour, and its rounds over all of them: 0 for hours while there are subscribers means that nobody would notice a leak',
          zh: '一小时内各节点与授权比对的实时视图数及完整轮次；有订阅方而长期为 0，说明泄漏将无人发现',
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceViewLeak',
        queries: [
          {
            expr: increase('sluice_leak_check_views_total', '1h', 'instance'),
            legend: { en: 'views {{instance}}', zh: '视图 {{instance}}' },
          },
          {
            expr: increase('sluice_leak_check_rounds_total', '1h', 'instance'),
            legend: { en: 'rounds {{instance}}', zh: '轮次 {{instance}}' },
          },
        ],
      },
    ],
  },
];
