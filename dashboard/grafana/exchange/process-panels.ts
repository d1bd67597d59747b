import { type RowSpec, TARGET } from '../panel.js';
import { orNone, rate } from '../queries.js';
import { DAYS, NUMBER, PER_MINUTE, PER_SECOND, REQUESTS_PER_SECOND, SECONDS, SHARE } from '../units.js';
import { LOGIN_FAILURES } from '../value-names.js';

const ROUTES_SHOWN = 10;

/** HTTP requests to the brokers, and what they use as processes. */
export const processRow: RowSpec = {
  title: { en: 'HTTP and processes', zh: 'HTTP 与进程' },
  panels: [
    {
      title: { en: 'HTTP requests', zh: 'HTTP 请求' },
      description: {
        en: 'Requests by kind of status: `4xx` are mistakes of clients, `429` clients that ask for too much, `5xx` what the bus could not do',
        zh: 'HTTP 请求，按状态码统计：4xx 为客户端错误，429 为请求过多，5xx 为总线未能处理',
      },
      unit: REQUESTS_PER_SECOND,
      runbook: 'SluiceErrorBudgetBurn',
      queries: [{ expr: rate('sluice_http_requests_total', 'status'), legend: '{{status}}' }],
    },
    {
      title: { en: 'Failed log-ins', zh: '登录失败' },
      description: {
        en: 'Log-ins that failed a minute, by what was wrong. The alert is for each broker, and not for requests without a token, which scanners and browsers send',
        zh: '每分钟登录失败次数，按原因统计。告警按节点计，且不计未提供凭证的请求（多为扫描器和浏览器所发）',
      },
      unit: PER_MINUTE,
      runbook: 'SluiceLoginsFailing',
      limit: { alert: 'SluiceLoginsFailing' },
      names: LOGIN_FAILURES,
      queries: [
        { expr: orNone(`60 * ${rate('sluice_logins_failed_total', 'failure')}`, 'failure'), legend: '{{failure}}' },
      ],
    },
    {
      title: { en: 'Slowest HTTP routes', zh: '最慢的 HTTP 接口' },
      description: {
        en: `Time within which 99 of 100 requests of a route were answered, the ${ROUTES_SHOWN} slowest routes. A stream of server-sent events counts when it ends, with all the time that it was open`,
        zh: `各接口 99% 的请求在此时间内得到答复，取最慢的 ${ROUTES_SHOWN} 个；SSE 事件流在结束时按其全部时长计入`,
      },
      unit: SECONDS,
      runbook: 'SluiceErrorBudgetBurn',
      hasManyLines: true,
      queries: [
        {
          expr: `topk(${ROUTES_SHOWN}, histogram_quantile(0.99, sum by (method, route, le) (rate(sluice_http_request_duration_seconds_bucket{${TARGET}}[$__rate_interval]))) > 0)`,
          legend: '{{method}} {{route}}',
        },
      ],
    },
    {
      title: { en: 'Time collecting garbage', zh: '垃圾回收占时' },
      description: {
        en: 'Share of the time that the broker collects garbage instead of working; above a tenth it is short of memory or of CPU',
        zh: '节点用于垃圾回收的时间比例；超过十分之一说明内存或处理器不足',
      },
      unit: SHARE,
      runbook: 'SluiceErrorBudgetBurn',
      queries: [{ expr: rate('nodejs_gc_duration_seconds_sum', 'instance'), legend: '{{instance}}' }],
    },
    {
      title: { en: 'Open files and sockets', zh: '打开的文件与连接' },
      description: {
        en: 'Share of the files and sockets that the system lets the broker open: at 100% it takes no connection. `LimitNOFILE` of its unit raises it',
        zh: '节点已打开的文件与连接占系统上限的比例；达到 100% 时不再接受连接，可调大服务单元的 LimitNOFILE',
      },
      unit: SHARE,
      runbook: 'SluiceBrokerDown',
      queries: [
        {
          expr: `max by (instance) (process_open_fds{${TARGET}} / process_max_fds{${TARGET}})`,
          legend: '{{instance}}',
        },
      ],
    },
    {
      title: { en: 'Certificates: time left', zh: '证书剩余有效期' },
      description: {
        en: 'Days until the first certificate in the file of a setting ends, at the broker where that is soonest; no line without TLS at the broker',
        zh: '各配置项证书文件中最早到期证书的剩余天数，取最早到期的节点；节点未启用 TLS 时无曲线',
      },
      unit: DAYS,
      isSigned: true,
      runbook: 'SluiceCertificateEnding',
      limit: { alert: 'SluiceCertificateEnding', factor: 1 / 86_400 },
      queries: [
        {
          expr: orNone(
            `(min by (file) (sluice_tls_certificate_end_timestamp_seconds{${TARGET}}) - time()) / 86400`,
            'file',
            'Inf',
          ),
          legend: '{{file}}',
        },
      ],
    },
    {
      title: { en: 'Versions', zh: '版本' },
      description: {
        en: 'Brokers by the version that they run, and by the version of the NATS server that they are connected to',
        zh: '运行各版本的节点数，以及连接各版本 NATS 服务器的节点数',
      },
      unit: NUMBER,
      isCount: true,
      runbook: 'SluiceBrokerDown',
      queries: [
        { expr: `count by (version) (sluice_build_info{${TARGET}})`, legend: 'Sluice {{version}}' },
        { expr: `count by (version) (sluice_nats_server_info{${TARGET}})`, legend: 'NATS {{version}}' },
      ],
    },
    {
      title: { en: 'Traces', zh: '链路追踪' },
      description: {
        en: 'Spans that the trace store took, or did not take in time, and events whose trace context was malformed. All 0 where no traces are configured; events are delivered either way',
        zh: '追踪存储已接收和未及时接收的跨度，以及追踪上下文格式错误的事件；未配置追踪时均为 0，不影响事件推送',
      },
      unit: PER_SECOND,
      runbook: 'SluiceErrorBudgetBurn',
      queries: [
        { expr: rate('sluice_trace_spans_exported_total'), legend: { en: 'taken', zh: '已接收' } },
        { expr: rate('sluice_trace_spans_dropped_total'), legend: { en: 'dropped', zh: '已丢弃' } },
        {
          expr: rate('sluice_trace_context_dropped_total'),
          legend: { en: 'malformed context', zh: '上下文格式错误' },
        },
      ],
    },
  ],
};
