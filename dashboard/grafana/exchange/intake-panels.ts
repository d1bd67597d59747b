import { ENTRY_ACCEPTED, GRANTS_SHOWN } from '../../prometheus/grant-rules.js';
import { type RowSpec, TARGET } from '../panel.js';
import { highest, orNone, quantiles, rate } from '../queries.js';
import { BYTES, EVENTS_PER_SECOND, NUMBER, PER_SECOND, SECONDS } from '../units.js';
import { CHANGES, FREQUENCIES, KEPT_FOR } from '../value-names.js';

/** Events from their sources to the store, and what sources owe. */
export const intakeRows: RowSpec[] = [
  {
    title: { en: 'Do events come in?', zh: '事件是否正常接收' },
    panels: [
      {
        title: { en: 'Accepted', zh: '已接收' },
        description: {
          en: 'Events stored and acknowledged, by kind of change, and events that a source has sent again: these are acknowledged and not stored twice',
          zh: '已存储并确认的事件，按变更类型统计；重复发送的事件只确认，不重复存储',
        },
        unit: EVENTS_PER_SECOND,
        runbook: 'SluiceStoreFull',
        names: CHANGES,
        queries: [
          { expr: rate('sluice_events_accepted_total', 'op'), legend: '{{op}}' },
          { expr: rate('sluice_events_duplicate_total'), legend: { en: 'sent again', zh: '重复发送' } },
        ],
      },
      {
        title: { en: 'Refused', zh: '已拒收' },
        description: {
          en: 'Events refused, by error code, whether by a fault of theirs or of the bus',
          zh: '被拒收的事件，按错误代码统计，不论是事件自身原因还是总线原因',
        },
        unit: EVENTS_PER_SECOND,
        runbook: 'SluiceInternalError',
        queries: [{ expr: orNone(rate('sluice_events_refused_total', 'code'), 'code'), legend: '{{code}}' }],
      },
      {
        title: { en: 'Quarantined', zh: '隔离' },
        description: {
          en: 'Refused events kept for their source to repair, by error code, and those that could not be kept because there was no space or no store',
          zh: '为数源部门保留待修复的被拒事件，按错误代码统计；另列因空间不足或存储不可用而未能保留的事件',
        },
        unit: EVENTS_PER_SECOND,
        runbook: 'SluiceQuarantineGrowing',
        limit: { alert: 'SluiceQuarantineGrowing' },
        queries: [
          { expr: orNone(rate('sluice_events_quarantined_total', 'code'), 'code'), legend: '{{code}}' },
          {
            expr: rate('sluice_events_quarantine_missed_total'),
            legend: { en: 'could not be kept', zh: '未能保留' },
          },
        ],
      },
      {
        title: { en: 'Refused by quotas', zh: '超出配额' },
        description: {
          en: 'Events and requests that a quota refused, or kept no record of, by the name of its setting; the log of the broker names system and party',
          zh: '被配额拒绝或未能保留的事件与请求，按配额的设置名统计；节点日志记有系统与部门',
        },
        unit: PER_SECOND,
        runbook: 'SluiceQuotaRefusing',
        queries: [{ expr: orNone(rate('sluice_quota_refusals_total', 'quota'), 'quota'), legend: '{{quota}}' }],
      },
      {
        title: { en: 'Accepted by entry', zh: '各目录接收量' },
        description: {
          en: `Events accepted of an entry, the ${GRANTS_SHOWN} busiest entries`,
          zh: `各目录接收的事件，取最多的 ${GRANTS_SHOWN} 个目录`,
        },
        unit: EVENTS_PER_SECOND,
        runbook: 'SluiceIntakeBacklog',
        hasManyLines: true,
        queries: [{ expr: highest(ENTRY_ACCEPTED, 'entry'), legend: '{{entry}}' }],
      },
      {
        title: { en: 'Late entries', zh: '逾期未更新的目录' },
        description: {
          en: 'Entries without an event for longer than the update frequency that they declare, by that frequency',
          zh: '超过所声明的更新周期仍无事件的目录数，按更新周期统计',
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceEntriesLate',
        names: FREQUENCIES,
        queries: [{ expr: `max by (frequency) (sluice_entries_late{${TARGET}})`, legend: '{{frequency}}' }],
      },
      {
        title: { en: 'Quarantine by age', zh: '隔离事件的时长' },
        description: {
          en: 'Refused events that are kept for their source, repaired or not, by the age that they have at least',
          zh: '为数源部门保留的被拒事件数（不论是否已修复），按保留时长统计',
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceQuarantineOld',
        names: KEPT_FOR,
        queries: [{ expr: `max by (older_than) (sluice_quarantine_events{${TARGET}})`, legend: '{{older_than}}' }],
      },
    ],
  },
  {
    title: { en: 'Does the store keep up?', zh: '入库是否及时' },
    panels: [
      {
        title: { en: 'Waiting for an answer', zh: '等待答复' },
        description: {
          en: 'Events received and not yet answered, each request with all its events: three requests of 3,000 are 9,000. The store is slow only if commits are',
          zh: '已收到但尚未答复的事件，每个请求按其全部事件计：三个各含 3,000 个事件的请求即为 9,000。只有提交也变慢时才是存储慢',
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceIntakeBacklog',
        limit: { alert: 'SluiceIntakeBacklog' },
        queries: [{ expr: `sum by (instance) (sluice_intake_waiting_events{${TARGET}})`, legend: '{{instance}}' }],
      },
      {
        title: { en: 'Commit duration', zh: '提交耗时' },
        description: {
          en: 'From sending a commit to the acknowledgement of the store',
          zh: '从发送提交到存储确认的时间',
        },
        unit: SECONDS,
        runbook: 'SluiceCommitSlow',
        limit: { alert: 'SluiceCommitSlow' },
        queries: quantiles('sluice_commit_duration_seconds'),
      },
      {
        title: { en: 'Publishers held back', zh: '发布方被限流' },
        description: {
          en: 'How often a session was not read from because the store did not keep up',
          zh: '因存储跟不上而暂停读取会话的频率',
        },
        unit: PER_SECOND,
        runbook: 'SluiceIntakeBacklog',
        queries: [{ expr: rate('sluice_sessions_paused_total', 'instance'), legend: '{{instance}}' }],
      },
      {
        title: { en: 'Bytes waiting for an answer', zh: '等待答复的字节' },
        description: {
          en: 'Bytes of the events received and not yet answered: publishers are held back by events or by bytes, whichever bound is reached first',
          zh: '已收到但尚未答复的事件的字节数；事件数或字节数任一达到上限，发布方即被限流',
        },
        unit: BYTES,
        runbook: 'SluiceIntakeBacklog',
        queries: [{ expr: `sum by (instance) (sluice_intake_waiting_bytes{${TARGET}})`, legend: '{{instance}}' }],
      },
      {
        title: { en: 'Events per commit', zh: '每次提交的事件数' },
        description: {
          en: 'Events that one commit to the store holds on average: it grows with the load, up to 1,000; no line while nothing is published',
          zh: '每次向存储提交的平均事件数，随负载增大，最多 1,000 个；无发布时无曲线',
        },
        unit: NUMBER,
        runbook: 'SluiceCommitSlow',
        queries: [
          {
            expr: `${rate('sluice_commit_events_sum', 'instance')} / ${rate('sluice_commit_events_count', 'instance')}`,
            legend: '{{instance}}',
          },
        ],
      },
    ],
  },
];
