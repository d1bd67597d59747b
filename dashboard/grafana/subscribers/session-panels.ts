import { type RowSpec, TARGET } from '../panel.js';
import { increase, orNone, rate } from '../queries.js';
import { BYTES_PER_SECOND, NUMBER, PER_SECOND } from '../units.js';

const RUNBOOK = 'SluiceClientsNotReading';

export const sessionRows: RowSpec[] = [
  {
    title: { en: 'Are clients well?', zh: '客户端连接' },
    panels: [
      {
        title: { en: 'Sessions', zh: '会话' },
        description: { en: 'Open WebSocket sessions, by encoding', zh: '打开的 WebSocket 会话数，按编码统计' },
        unit: NUMBER,
        isCount: true,
        runbook: RUNBOOK,
        queries: [{ expr: `sum by (encoding) (sluice_sessions{${TARGET}})`, legend: '{{encoding}}' }],
      },
      {
        title: { en: 'Sessions closed', zh: '关闭的会话' },
        description: {
          en: 'Sessions closed in five minutes, by close code: 1000 and 1001 are clients that leave, 1006 lost connections, 4408 clients without a heartbeat, 4429 clients that do not read',
          zh: '五分钟内关闭的会话数，按关闭代码统计：1000、1001 为客户端正常离开，1006 为连接中断，4408 为无心跳，4429 为客户端不读取',
        },
        unit: NUMBER,
        isCount: true,
        runbook: RUNBOOK,
        queries: [{ expr: orNone(increase('sluice_sessions_closed_total', '5m', 'code'), 'code'), legend: '{{code}}' }],
      },
      {
        title: { en: 'Frames received', zh: '收到的帧' },
        description: {
          en: 'Frames of clients by kind: acknowledgements (`ack`) are most of them, many `subscribe` are clients that connect again',
          zh: '客户端发来的帧，按类型统计：多数为确认（ack），订阅（subscribe）增多说明客户端在重新连接',
        },
        unit: PER_SECOND,
        runbook: RUNBOOK,
        queries: [{ expr: orNone(rate('sluice_frames_received_total', 'kind'), 'kind'), legend: '{{kind}}' }],
      },
      {
        title: { en: 'Bytes sent', zh: '发送字节' },
        description: { en: 'Bytes of the frames of events, by encoding', zh: '事件帧的字节数，按编码统计' },
        unit: BYTES_PER_SECOND,
        runbook: RUNBOOK,
        queries: [{ expr: rate('sluice_frames_sent_bytes_total', 'encoding'), legend: '{{encoding}}' }],
      },
    ],
  },
];
