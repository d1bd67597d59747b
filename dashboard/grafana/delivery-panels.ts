import { type PanelSpec, TARGET } from './panel.js';
import { quantiles, rate } from './queries.js';

/** How events get to subscribers, and what is stored of it. */
export const deliveryPanels: PanelSpec[] = [
  {
    title: { en: 'Events per frame', zh: '每帧事件数' },
    description: {
      en: 'Events that one frame to a session holds on average: it grows with the load, because a busy broker waits a moment for more',
      zh: '发往会话的每一帧平均包含的事件数;负载高时代理会稍等以合并发送,因而增大',
    },
    unit: 'short',
    runbook: 'SluiceErrorBudgetBurn',
    queries: [
      {
        expr: `${rate('sluice_deliveries_total', 'encoding')} / ${rate('sluice_frames_sent_total', 'encoding')}`,
        legend: '{{encoding}}',
      },
    ],
  },
  {
    title: { en: 'Read from the log', zh: '读取日志' },
    description: {
      en: 'Events read from the log: once for all live subscribers (`live`), and for those that are behind and catch up (`behind`)',
      zh: '从日志读取的事件:live 为所有实时订阅方共用,behind 为落后的订阅方追赶时读取',
    },
    unit: 'eps',
    runbook: 'SluiceSubscribersBehind',
    queries: [
      { expr: rate('sluice_events_read_total'), legend: 'live' },
      { expr: rate('sluice_catch_up_events_total'), legend: 'behind' },
    ],
  },
  {
    title: { en: 'Views and channels', zh: '视图与通道' },
    description: {
      en: 'Different grants with live subscribers (`views`; equal grants share one), and these times their encodings (`channels`): the work for each event grows with them',
      zh: '有实时订阅方的不同授权(views,相同授权共用一个)及其编码组合(channels);处理每个事件的开销随之增长',
    },
    unit: 'short',
    runbook: 'SluiceErrorBudgetBurn',
    queries: [
      { expr: `sum(sluice_views{${TARGET}})`, legend: 'views' },
      { expr: `sum(sluice_channels{${TARGET}})`, legend: 'channels' },
    ],
  },
  {
    title: { en: 'Frames received', zh: '收到的帧' },
    description: {
      en: 'Frames of clients by kind: acknowledgements are most of them, many `subscribe` are clients that connect again',
      zh: '客户端发来的帧,按类型;多数为确认(ack),subscribe 增多说明客户端在重新连接',
    },
    unit: 'ops',
    runbook: 'SluiceClientsNotReading',
    queries: [{ expr: `${rate('sluice_frames_received_total', 'kind')} or vector(0)`, legend: '{{kind}}' }],
  },
  {
    title: { en: 'Sessions closed', zh: '关闭的会话' },
    description: {
      en: 'Sessions closed in five minutes, by close code: 1000 and 1001 are clients that leave, 1006 lost connections, 4408 clients without a heartbeat, 4429 clients that do not read',
      zh: '五分钟内关闭的会话,按关闭代码:1000、1001 为客户端正常离开,1006 为连接中断,4408 为无心跳,4429 为客户端不读取',
    },
    unit: 'short',
    runbook: 'SluiceClientsNotReading',
    queries: [
      {
        expr: `sum by (code) (increase(sluice_sessions_closed_total{${TARGET}}[5m])) or vector(0)`,
        legend: '{{code}}',
      },
    ],
  },
  {
    title: { en: 'Cursors and receipts stored', zh: '已存储的游标与回执' },
    description: {
      en: 'Acknowledged positions (`cursors`) and records of what was delivered (`receipts`) that were stored, a second',
      zh: '每秒存储的确认位置(cursors)与推送记录(receipts)',
    },
    unit: 'ops',
    runbook: 'SluiceReceiptsUnsealed',
    queries: [
      { expr: rate('sluice_cursors_stored_total'), legend: 'cursors' },
      { expr: rate('sluice_receipts_stored_total'), legend: 'receipts' },
    ],
  },
  {
    title: { en: 'Time to store cursors', zh: '游标存储耗时' },
    description: {
      en: 'Time to store one batch of acknowledged positions: subscribers get the answer to their acknowledgement after it',
      zh: '存储一批确认位置的耗时,此后才答复订阅方的确认',
    },
    unit: 's',
    runbook: 'SluiceCommitSlow',
    queries: quantiles('sluice_cursor_store_duration_seconds'),
  },
];
