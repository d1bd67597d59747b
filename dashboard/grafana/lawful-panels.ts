import { type PanelSpec, TARGET } from './panel.js';
import { rate } from './queries.js';

/** A heading of docs/alerts.md without an alert: what is late here is on record, and not for operators to mend. */
const LAWFULNESS = 'Lawfulness';

const byClock = (due: string): string => `max by (clock) (sluice_lawful_clocks{${TARGET},due=~"${due}"})`;

/** The lawful procedure of a registered bus; every broker knows all of it, so the largest figure is the newest. */
export const lawfulPanels: PanelSpec[] = [
  {
    title: { en: 'Overdue deadlines', zh: '逾期期限' },
    description: {
      en: 'Deadlines of files that have passed without the act that they ask for, by kind; the runbook lists the kinds',
      zh: '已过期限而尚未办理的事项,按期限类型(类型见处置手册)',
    },
    unit: 'short',
    runbook: LAWFULNESS,
    queries: [{ expr: byClock('overdue'), legend: '{{clock}}' }],
  },
  {
    title: { en: 'Deadlines within three days', zh: '三日内到期' },
    description: {
      en: 'Deadlines that pass within three days unless somebody acts, by kind',
      zh: '若无人办理,三日内将逾期的期限,按类型',
    },
    unit: 'short',
    runbook: LAWFULNESS,
    queries: [
      {
        expr: `sum by (clock) (max by (clock, due) (sluice_lawful_clocks{${TARGET},due=~"1d|3d"}))`,
        legend: '{{clock}}',
      },
    ],
  },
  {
    title: { en: 'Deadlines by the time that is left', zh: '按剩余时间统计的期限' },
    description: {
      en: 'All deadlines that ask for an act: overdue, within a day, three days, a week, later, or paused while papers are awaited',
      zh: '全部待办期限:已逾期、一日内、三日内、一周内、更晚,或因补正而中止',
    },
    unit: 'short',
    runbook: LAWFULNESS,
    queries: [{ expr: `sum by (due) (max by (clock, due) (sluice_lawful_clocks{${TARGET}}))`, legend: '{{due}}' }],
  },
  {
    title: { en: 'Open violations', zh: '未结违规' },
    description: {
      en: 'Violations on record that are neither closed nor dismissed, by code: P of providers, Q of users of data, C of both',
      zh: '已记录且未结案或撤销的违规,按代码:P 为提供方,Q 为使用方,C 为双方',
    },
    unit: 'short',
    runbook: LAWFULNESS,
    queries: [{ expr: `max by (code) (sluice_lawful_violations{${TARGET}})`, legend: '{{code}}' }],
  },
  {
    title: { en: 'Unread notices', zh: '未读通知' },
    description: { en: 'Notices to a department that it has not read', zh: '部门尚未阅读的通知' },
    unit: 'short',
    runbook: LAWFULNESS,
    queries: [{ expr: `max(sluice_lawful_unread_notices{${TARGET}})`, legend: 'unread' }],
  },
  {
    title: { en: 'What officers read: lag', zh: '经办人所见文件:滞后' },
    description: {
      en: 'Time that what officers read has lacked records of the ledger; calls of officers are answered 503 meanwhile',
      zh: '经办人所见文件缺少台账记录的时间;其间经办人的调用返回 503',
    },
    unit: 's',
    runbook: 'SluiceProjectionBehind',
    queries: [{ expr: `max by (instance) (sluice_projection_lag_seconds{${TARGET}})`, legend: '{{instance}}' }],
  },
  {
    title: { en: 'Notices to webhooks', zh: '通知推送' },
    description: {
      en: 'Attempts in an hour to send a notice to the webhook of a department, by outcome; `given_up` are notices that it did not take within 24 hours',
      zh: '一小时内向部门回调地址推送通知的次数,按结果;given_up 为 24 小时内未被接收而放弃的通知',
    },
    unit: 'short',
    runbook: LAWFULNESS,
    queries: [
      {
        expr: `sum by (outcome) (increase(sluice_webhook_notices_total{${TARGET}}[1h]))`,
        legend: '{{outcome}}',
      },
    ],
  },
  {
    title: { en: 'Notices waiting for a webhook', zh: '待推送通知' },
    description: {
      en: 'Notices that the webhook of a department has not taken yet; a number that only grows means one that does not answer',
      zh: '部门回调地址尚未接收的通知;持续增长说明有地址不应答',
    },
    unit: 'short',
    runbook: LAWFULNESS,
    queries: [{ expr: `sum(sluice_webhook_waiting_notices{${TARGET}})`, legend: 'waiting' }],
  },
  {
    title: { en: 'Grants by status', zh: '授权状态' },
    description: {
      en: 'Grants that have not ended: in force, being set up, or suspended',
      zh: '未终止的授权:有效、开通中或已暂停',
    },
    unit: 'short',
    runbook: 'SluiceGrantEnding',
    queries: [{ expr: `max by (status) (sluice_grants{${TARGET}})`, legend: '{{status}}' }],
  },
  {
    title: { en: 'Grants about to end', zh: '即将到期的授权' },
    description: { en: 'Grants in force whose period ends within the label', zh: '在标签时间内到期的有效授权' },
    unit: 'short',
    runbook: 'SluiceGrantEnding',
    queries: [{ expr: `max by (within) (sluice_grants_ending{${TARGET}})`, legend: '{{within}}' }],
  },
  {
    title: { en: 'Refused attempts', zh: '被拒绝的越权尝试' },
    description: {
      en: 'Calls of platform operators and contractors that were refused because the procedure is closed to them, in an hour',
      zh: '平台运营方和承建方因无权参与程序而被拒绝的调用,每小时',
    },
    unit: 'short',
    runbook: LAWFULNESS,
    queries: [{ expr: `sum(increase(sluice_lawful_outsider_calls_refused_total{${TARGET}}[1h]))`, legend: 'refused' }],
  },
  {
    title: { en: 'Records added to the ledger', zh: '新增台账记录' },
    description: { en: 'Records that were added to the ledger, a second, by kind', zh: '每秒写入台账的记录,按类型' },
    unit: 'ops',
    runbook: 'SluiceLedgerStale',
    queries: [{ expr: rate('sluice_ledger_appended_total', 'kind'), legend: '{{kind}}' }],
  },
];
