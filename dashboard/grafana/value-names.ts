import type { ValueNames } from './panel.js';

// Names of the values of labels on the dashboards. Codes of errors, names of settings, of HTTP and of the protocol stay.

/** The line at 0 of `orNone`. */
export const NO_SERIES: ValueNames = { none: { en: 'none', zh: '无' } };

/** `op` of `sluice_events_accepted_total`. */
export const CHANGES: ValueNames = {
  create: { en: 'create', zh: '新增' },
  update: { en: 'update', zh: '变更' },
  delete: { en: 'delete', zh: '注销' },
  correction: { en: 'correction', zh: '更正' },
  snapshot_begin: { en: 'snapshot begins', zh: '全量开始' },
  snapshot: { en: 'snapshot', zh: '全量记录' },
  snapshot_end: { en: 'snapshot ends', zh: '全量结束' },
};

export const SUBSCRIPTION_STATES: ValueNames = {
  live: { en: 'live', zh: '实时' },
  behind: { en: 'behind', zh: '落后' },
};

export const LOGIN_FAILURES: ValueNames = {
  token: { en: 'wrong token', zh: '令牌错误或已更换' },
  ticket: { en: 'wrong ticket', zh: '票据错误或已使用' },
  missing: { en: 'no token', zh: '未提供凭证' },
  throttled: { en: 'slowed down', zh: '多次失败后被限速' },
};

/** `older_than` of `sluice_quarantine_events`. */
export const KEPT_FOR: ValueNames = {
  '0s': { en: 'all', zh: '全部' },
  '1h': { en: '1 hour or more', zh: '1 小时以上' },
  '1d': { en: '1 day or more', zh: '1 天以上' },
  '7d': { en: '7 days or more', zh: '7 天以上' },
};

/** `lag_age` of `sluice_grant_cursors`. */
export const LAG_AGES: ValueNames = {
  none: { en: 'nothing unacknowledged', zh: '无未确认事件' },
  '1m': { en: 'up to 1 minute', zh: '1 分钟以内' },
  '10m': { en: '1 to 10 minutes', zh: '1 至 10 分钟' },
  '1h': { en: '10 minutes to 1 hour', zh: '10 分钟至 1 小时' },
  '1d': { en: '1 hour to 1 day', zh: '1 小时至 1 天' },
  more: { en: 'more than 1 day', zh: '超过 1 天' },
};

export const ENDING_WITHIN: ValueNames = {
  '1d': { en: 'within 1 day', zh: '1 天内' },
  '7d': { en: 'within 7 days', zh: '7 天内' },
  '30d': { en: 'within 30 days', zh: '30 天内' },
};

export const GRANT_STATUSES: ValueNames = {
  in_force: { en: 'in force', zh: '生效中' },
  provisioning: { en: 'being set up', zh: '开通中' },
  suspended: { en: 'suspended', zh: '已暂停' },
};

export const FREQUENCIES: ValueNames = {
  real_time: { en: 'real time', zh: '实时' },
  daily: { en: 'daily', zh: '每日' },
  weekly: { en: 'weekly', zh: '每周' },
  monthly: { en: 'monthly', zh: '每月' },
  quarterly: { en: 'quarterly', zh: '每季度' },
  half_yearly: { en: 'half-yearly', zh: '每半年' },
  yearly: { en: 'yearly', zh: '每年' },
};

export const ROUND_OUTCOMES: ValueNames = {
  delivered: { en: 'delivered', zh: '已送达' },
  missed: { en: 'missed', zh: '未按时送达' },
  suspended: { en: 'not owed: suspended', zh: '授权已暂停，无需送达' },
};

export const TRANSPORTS: ValueNames = {
  ws_json: { en: 'WebSocket, JSON', zh: 'WebSocket（JSON）' },
  ws_msgpack: { en: 'WebSocket, MessagePack', zh: 'WebSocket（MessagePack）' },
  ws_protobuf: { en: 'WebSocket, Protobuf', zh: 'WebSocket（Protobuf）' },
  sse: { en: 'server-sent events', zh: 'SSE 事件流' },
  pull: { en: 'pull over HTTP', zh: 'HTTP 拉取' },
  webhook: { en: 'webhook', zh: '回调推送' },
};

/** `medium` of the canary: where it searches. */
export const MEDIA: ValueNames = {
  stream: { en: 'streams of events', zh: '事件流' },
  metrics: { en: 'metrics', zh: '监控指标' },
  logs: { en: 'log files', zh: '日志文件' },
  errors: { en: 'errors', zh: '错误信息' },
  ledger: { en: 'ledger', zh: '台账' },
};

/** `clock` of `sluice_lawful_clocks`, by the names of the regulation. */
export const DEADLINES: ValueNames = {
  D1: { en: 'D1 update of the catalog', zh: 'D1 目录更新' },
  D2: { en: 'D2 publication of an update', zh: 'D2 目录更新审核发布' },
  D3: { en: 'D3 reply, unconditional', zh: 'D3 无条件共享答复' },
  D4: { en: 'D4 reply, conditional', zh: 'D4 有条件共享答复' },
  D6: { en: 'D6 first delivery', zh: 'D6 提供数据' },
  D7: { en: 'D7 correction', zh: 'D7 校核答复' },
  D8: { en: 'D8 use records kept', zh: 'D8 使用记录保存' },
  D9: { en: 'D9 putting right', zh: 'D9 整改' },
  T27: { en: 'T27 disposal of data', zh: 'T27 数据处置' },
  L28: { en: 'L28 dispute', zh: 'L28 争议处理' },
  I1: { en: 'I1 report of an incident', zh: 'I1 安全事件报告' },
  R23: { en: 'R23 promise of the provider', zh: 'R23 提供部门承诺时限' },
  other: { en: 'other', zh: '其他' },
};

/** `due` of `sluice_lawful_clocks`. */
export const TIMES_LEFT: ValueNames = {
  overdue: { en: 'overdue', zh: '已逾期' },
  '1d': { en: 'within 1 day', zh: '1 天内' },
  '3d': { en: 'within 3 days', zh: '1 至 3 天' },
  '7d': { en: 'within 7 days', zh: '3 至 7 天' },
  later: { en: 'later', zh: '7 天以后' },
  paused: { en: 'paused', zh: '已中止' },
};

/** `code` of `sluice_lawful_violations`: of providers, of departments that use data, of competent departments. */
export const VIOLATIONS: ValueNames = {
  P1: { en: 'P1 catalog not compiled or updated', zh: 'P1 目录未编制或未更新' },
  P2: { en: 'P2 conditions of its own', zh: 'P2 自行增设条件' },
  P3: { en: 'P3 source department not helped', zh: 'P3 不配合数源部门' },
  P4: { en: 'P4 late reply or sharing', zh: 'P4 逾期答复或提供' },
  P5: { en: 'P5 no backflow', zh: 'P5 未按要求回流' },
  P6: { en: 'P6 late correction', zh: 'P6 逾期校核' },
  P7: { en: 'P7 service stopped or changed at will', zh: 'P7 擅自中止或变更共享' },
  P8: { en: 'P8 platform not joined', zh: 'P8 未接入共享平台' },
  P9: { en: 'P9 other of providers', zh: 'P9 提供方其他违规' },
  Q1: { en: 'Q1 collected again', zh: 'Q1 重复收集' },
  Q2: { en: 'Q2 beyond range or purpose', zh: 'Q2 超出范围或目的' },
  Q3: { en: 'Q3 to third parties', zh: 'Q3 提供给第三方' },
  Q4: { en: 'Q4 not disposed of', zh: 'Q4 未处置数据' },
  Q5: { en: 'Q5 records not kept', zh: 'Q5 未保存使用记录' },
  Q6: { en: 'Q6 security duty failed', zh: 'Q6 未尽安全责任' },
  Q7: { en: 'Q7 other of users', zh: 'Q7 使用方其他违规' },
  C1: { en: 'C1 no source department named', zh: 'C1 未明确数源部门' },
  C2: { en: 'C2 dispute not handled', zh: 'C2 未协调处理争议' },
  C3: { en: 'C3 other of competent departments', zh: 'C3 主管部门其他违规' },
  other: { en: 'other', zh: '其他' },
};

export const NOTICE_OUTCOMES: ValueNames = {
  delivered: { en: 'delivered', zh: '已接收' },
  failed: { en: 'failed', zh: '失败' },
  given_up: { en: 'given up', zh: '已放弃' },
};
