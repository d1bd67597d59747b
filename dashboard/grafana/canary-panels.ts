import { type PanelSpec, TARGET } from './panel.js';

/**
 * Whether the bus delivers and leaks nothing, as the canary sees it from outside and the leak check from within. The canary is a scrape
 * job of its own with instances of its own, so the variables of the dashboard do not choose among its series.
 */
export const canaryPanels: PanelSpec[] = [
  {
    title: { en: 'Leaks found by the canary', zh: '探测发现的泄漏' },
    description: {
      en: 'Findings in an hour of something that nobody is granted, by where it was: in a stream, on /metrics, in a log, an error or the ledger. Anything above 0 is an emergency',
      zh: '一小时内发现的未授权内容,按位置:事件流、/metrics、日志、错误或台账;大于 0 即为紧急事件',
    },
    unit: 'short',
    runbook: 'SluiceCanaryLeak',
    queries: [{ expr: 'sum by (medium) (increase(sluice_canary_leaks_total[1h]))', legend: '{{medium}}' }],
  },
  {
    title: { en: 'Views that differ from their grants', zh: '与授权不符的视图' },
    description: {
      en: 'Differences in an hour between what live views would deliver of synthetic records and what their grants allow: `leak` too much, `withheld` too little, `failed` an error',
      zh: '一小时内实时视图对合成记录的推送与授权的差异:leak 为多发,withheld 为少发,failed 为出错',
    },
    unit: 'short',
    runbook: 'SluiceViewLeak',
    queries: [
      {
        expr: `sum by (instance, kind) (increase(sluice_leak_check_findings_total{${TARGET}}[1h]))`,
        legend: '{{kind}} {{instance}}',
      },
    ],
  },
  {
    title: { en: 'Rounds of the canary', zh: '探测轮次' },
    description: {
      en: 'Events of the canary in five minutes by outcome: `missed` did not arrive in time, `suspended` were not owed because somebody suspended the grant',
      zh: '五分钟内的探测事件,按结果:missed 为未按时到达,suspended 为授权被暂停、无需送达',
    },
    unit: 'short',
    runbook: 'SluiceErrorBudgetBurn',
    queries: [{ expr: 'sum by (outcome) (increase(sluice_canary_rounds_total[5m]))', legend: '{{outcome}}' }],
  },
  {
    title: { en: 'Missed rounds by transport', zh: '各通道未到达的探测' },
    description: {
      en: 'Events of the canary in five minutes that did not arrive in time, by transport: one alone is a fault of that transport, all of them an outage',
      zh: '五分钟内未按时到达的探测事件,按通道;单一通道为该通道故障,全部通道为中断',
    },
    unit: 'short',
    runbook: 'SluiceErrorBudgetBurn',
    queries: [
      {
        expr: 'sum by (transport) (increase(sluice_canary_rounds_total{outcome="missed"}[5m]))',
        legend: '{{transport}}',
      },
    ],
  },
  {
    title: { en: 'Publishing to receiving', zh: '发布到收到' },
    description: {
      en: 'Time within which 99 of 100 events of the canary arrived, by transport; the objective is one second',
      zh: '99 % 的探测事件在此时间内到达,按通道;目标为一秒',
    },
    unit: 's',
    runbook: 'SluiceErrorBudgetBurn',
    queries: [
      {
        expr: 'histogram_quantile(0.99, sum by (transport, le) (rate(sluice_canary_delivery_seconds_bucket[$__rate_interval])))',
        legend: '{{transport}}',
      },
    ],
  },
  {
    title: { en: 'Last round of the canary', zh: '最近一轮探测' },
    description: {
      en: 'Time since the canary ended its last round, whatever came of it; above five minutes it does not run, and nobody would notice an outage or a leak',
      zh: '距最近一轮探测结束的时间,无论结果如何;超过五分钟说明探测未运行,中断或泄漏将无人发现',
    },
    unit: 's',
    runbook: 'SluiceCanaryDown',
    queries: [{ expr: 'time() - sluice_canary_last_round_timestamp_seconds', legend: '{{instance}}' }],
  },
  {
    title: { en: 'Canary paused', zh: '探测暂停' },
    description: {
      en: '1 while the canary cannot judge the bus: somebody has suspended one of its grants (`suspended`), or another canary has its tokens (`tokens`)',
      zh: '探测无法判断总线时为 1:其授权被暂停(suspended),或其令牌已归另一探测(tokens)',
    },
    unit: 'short',
    runbook: 'SluiceCanaryPaused',
    queries: [{ expr: 'max by (instance, reason) (sluice_canary_paused)', legend: '{{reason}} {{instance}}' }],
  },
  {
    title: { en: 'Searched for secrets', zh: '已检查的字节' },
    description: {
      en: 'Bytes a second that the canary searched for its secrets, by where they came from; `ledger` and `logs` are 0 unless it was given a token of an auditor and log files',
      zh: '探测每秒检查的字节数,按来源;未提供审计令牌和日志文件时 ledger 与 logs 为 0',
    },
    unit: 'Bps',
    runbook: 'SluiceCanaryDown',
    queries: [
      {
        expr: 'sum by (medium) (rate(sluice_canary_searched_bytes_total[$__rate_interval]))',
        legend: '{{medium}}',
      },
    ],
  },
  {
    title: { en: 'Views compared with their grants', zh: '已比对的视图' },
    description: {
      en: 'Live views that a broker compared with their grants in an hour, and its rounds over all of them: 0 for hours while there are subscribers means that nobody would notice a leak',
      zh: '一小时内代理与授权比对的实时视图数及完整轮次;有订阅方而长期为 0,说明泄漏将无人发现',
    },
    unit: 'short',
    runbook: 'SluiceViewLeak',
    queries: [
      {
        expr: `sum by (instance) (increase(sluice_leak_check_views_total{${TARGET}}[1h]))`,
        legend: 'views {{instance}}',
      },
      {
        expr: `sum by (instance) (increase(sluice_leak_check_rounds_total{${TARGET}}[1h]))`,
        legend: 'rounds {{instance}}',
      },
    ],
  },
];
