import { type RowSpec, TARGET } from './panel.js';
import { increase, rate } from './queries.js';
import { NUMBER, PER_SECOND, SECONDS } from './units.js';
import { DEADLINES, NOTICE_OUTCOMES, TIMES_LEFT, VIOLATIONS } from './value-names.js';

/** A heading of docs/alerts.md without an alert: what is late here is on record, and not for operators to mend. */
const LAWFULNESS = 'Lawfulness';

/** The lawful procedure of a registered bus; every broker knows all of it, so the largest figure is the newest. */
export const lawfulRows: RowSpec[] = [
  {
    title: { en: 'Is a deadline missed?', zh: '期限是否逾期' },
    panels: [
      {
        title: { en: 'Overdue deadlines', zh: '逾期事项' },
        description: {
          en: 'Deadlines of files that have passed without the act that they ask for, by kind',
          zh: '期限已过而尚未办理的事项数，按期限类型统计',
        },
        unit: NUMBER,
        isCount: true,
        runbook: LAWFULNESS,
        names: DEADLINES,
        hasManyLines: true,
        queries: [{ expr: `max by (clock) (sluice_lawful_clocks{${TARGET},due="overdue"})`, legend: '{{clock}}' }],
      },
      {
        title: { en: 'Deadlines within three days', zh: '三日内到期的事项' },
        description: {
          en: 'Deadlines that pass within three days unless somebody acts, by kind',
          zh: '若不办理，三日内将逾期的事项数，按期限类型统计',
        },
        unit: NUMBER,
        isCount: true,
        runbook: LAWFULNESS,
        names: DEADLINES,
        hasManyLines: true,
        queries: [
          {
            expr: `sum by (clock) (max by (clock, due) (sluice_lawful_clocks{${TARGET},due=~"1d|3d"}))`,
            legend: '{{clock}}',
          },
        ],
      },
      {
        title: { en: 'Deadlines by the time that is left', zh: '各剩余时间的事项' },
        description: {
          en: 'All deadlines that ask for an act, by the time that is left; paused are those for which papers are awaited',
          zh: '全部待办事项数，按剩余时间统计；已中止为等待补正材料的事项',
        },
        unit: NUMBER,
        isCount: true,
        runbook: LAWFULNESS,
        names: TIMES_LEFT,
        queries: [{ expr: `sum by (due) (max by (clock, due) (sluice_lawful_clocks{${TARGET}}))`, legend: '{{due}}' }],
      },
      {
        title: { en: 'Open violations', zh: '未办结的违规事项' },
        description: {
          en: 'Violations on record that are neither closed nor dismissed, by code: P of providers, Q of users of data, C of competent departments',
          zh: '已记录而未办结的违规事项数，按代码统计：P 为提供方，Q 为使用方，C 为主管部门',
        },
        unit: NUMBER,
        isCount: true,
        runbook: LAWFULNESS,
        names: VIOLATIONS,
        hasManyLines: true,
        queries: [{ expr: `max by (code) (sluice_lawful_violations{${TARGET}})`, legend: '{{code}}' }],
      },
    ],
  },
  {
    title: { en: 'Do departments get their notices?', zh: '通知是否送达部门' },
    panels: [
      {
        title: { en: 'Unread notices', zh: '未读通知' },
        description: { en: 'Notices to a department that it has not read', zh: '部门尚未阅读的通知数' },
        unit: NUMBER,
        isCount: true,
        runbook: LAWFULNESS,
        queries: [{ expr: `max(sluice_lawful_unread_notices{${TARGET}})`, legend: { en: 'unread', zh: '未读' } }],
      },
      {
        title: { en: 'What officers read: lag', zh: '经办人所见文件滞后' },
        description: {
          en: 'Time that what officers read has lacked records of the ledger; their calls are answered 503 meanwhile',
          zh: '经办人所见文件缺少台账记录的时间；其间经办人的调用返回 503',
        },
        unit: SECONDS,
        runbook: 'SluiceProjectionBehind',
        limit: { alert: 'SluiceProjectionBehind' },
        queries: [{ expr: `max by (instance) (sluice_projection_lag_seconds{${TARGET}})`, legend: '{{instance}}' }],
      },
      {
        title: { en: 'Notices waiting for a webhook', zh: '待推送通知' },
        description: {
          en: 'Notices that the webhook of a department has not taken yet; a number that only grows means one that does not answer',
          zh: '部门回调地址尚未接收的通知数；持续增长说明有地址不应答',
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceNoticesWaiting',
        queries: [{ expr: `sum(sluice_webhook_waiting_notices{${TARGET}})`, legend: { en: 'waiting', zh: '待推送' } }],
      },
      {
        title: { en: 'Notices to webhooks', zh: '通知推送' },
        description: {
          en: 'Attempts in an hour to send a notice to the webhook of a department, by outcome; given up are those that it did not take within 24 hours',
          zh: '一小时内向部门回调地址推送通知的次数，按结果统计；24 小时内未被接收即放弃',
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceNoticesGivenUp',
        names: NOTICE_OUTCOMES,
        queries: [{ expr: increase('sluice_webhook_notices_total', '1h', 'outcome'), legend: '{{outcome}}' }],
      },
    ],
  },
  {
    title: { en: 'What is done, and by whom not?', zh: '办理记录与越权尝试' },
    panels: [
      {
        title: { en: 'Refused attempts of the platform', zh: '平台方越权尝试' },
        description: {
          en: 'Calls of platform operators and contractors in an hour that were refused because the procedure is closed to them',
          zh: '一小时内平台运营方和承建方因无权办理而被拒绝的调用次数',
        },
        unit: NUMBER,
        isCount: true,
        runbook: LAWFULNESS,
        queries: [
          {
            expr: increase('sluice_lawful_outsider_calls_refused_total', '1h'),
            legend: { en: 'refused', zh: '被拒绝' },
          },
        ],
      },
      {
        title: { en: 'Records added to the ledger', zh: '新增台账记录' },
        description: {
          en: 'Records that were added to the ledger, by their kind there',
          zh: '写入台账的记录，按台账中的记录类型统计',
        },
        unit: PER_SECOND,
        runbook: 'SluiceLedgerStale',
        hasManyLines: true,
        queries: [{ expr: rate('sluice_ledger_appended_total', 'kind'), legend: '{{kind}}' }],
      },
    ],
  },
];
