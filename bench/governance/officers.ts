import { OPERATOR_TOKEN } from '../processes/broker-process.js';

// biome-ignore lint/suspicious/noExplicitAny: answers are read as a client of another language reads them
export type Body = any;

/** Tokens of the officers of a bus by their id; `operator` is the platform operator. */
export class Officers {
  readonly tokens: Record<string, string>;

  constructor(tokens: Record<string, string> = {}) {
    this.tokens = { operator: OPERATOR_TOKEN, ...tokens };
  }

  /** The answer's body; throws with its text unless the call succeeded. `who` is an officer, or '' for nobody. */
  call(url: string, who: string, method: string, path: string, body?: object): Promise<Body> {
    const sent = body && { type: 'application/json', text: JSON.stringify(body) };
    return this.#send(url, who, method, path, sent);
  }

  /** Reads the whole answer without parsing it: officers share the process of the bench. */
  async read(url: string, who: string, path: string): Promise<void> {
    const answer = await this.#ask(url, who, 'GET', path);
    const bytes = await answer.arrayBuffer();
    if (!answer.ok) throw refused(`${who} GET ${path}`, answer.status, Buffer.from(bytes).toString());
  }

  /** Stores the text as a paper that documents may name by its digest. */
  store(url: string, who: string, text: string): Promise<Body> {
    return this.#send(url, who, 'POST', '/v1/attachments', { type: 'text/plain', text });
  }

  async #send(url: string, who: string, method: string, path: string, sent?: Sent): Promise<Body> {
    const answer = await this.#ask(url, who, method, path, sent);
    const text = await answer.text();
    if (!answer.ok) throw refused(`${who} ${method} ${path}`, answer.status, text);
    return text === '' ? undefined : JSON.parse(text);
  }

  #ask(url: string, who: string, method: string, path: string, sent?: Sent): Promise<Response> {
    const token = this.tokens[who];
    return fetch(`${url}${path}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(sent && { 'content-type': sent.type }),
      },
      ...(sent && { body: sent.text }),
    });
  }
}

interface Sent {
  type: string;
  text: string;
}

const refused = (what: string, status: number, text: string): Error =>
  new Error(`${what} was answered ${status}: ${text.slice(0, 1000)}`);
