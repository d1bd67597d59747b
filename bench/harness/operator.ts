import { OPERATOR_TOKEN } from '../processes/broker-process.js';

/** Sends a request with the operator's token; throws with the text of the answer unless it succeeded. */
export async function operate(url: string, method: string, path: string, body?: object): Promise<unknown> {
  const headers: Record<string, string> = { authorization: `Bearer ${OPERATOR_TOKEN}` };
  if (body) headers['content-type'] = 'application/json';
  const answer = await fetch(`${url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text.slice(0, 1000)}`);
  return text === '' ? undefined : JSON.parse(text);
}
