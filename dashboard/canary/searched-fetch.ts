import type { LeakWatch } from './leak-watch.js';
import type { LeakMedium } from './secrets.js';

/**
 * `fetch` that searches all that comes back, the head of an answer and each piece of its body as the caller reads it. A refusal counts as
 * `errors`, whatever was asked for.
 */
export function searchedFetch(watch: LeakWatch, medium: LeakMedium, source: string): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const { ok, status, statusText, headers, body } = response;
    const search = watch.stream(ok ? medium : 'errors', source);
    search(Buffer.from(headText(statusText, headers)));
    if (!body) return response;
    const searched = new TransformStream<Uint8Array, Uint8Array>({
      transform: (piece, controller) => {
        search(piece);
        controller.enqueue(piece);
      },
    });
    return new Response(body.pipeThrough(searched), { status, statusText, headers });
  };
}

const headText = (statusText: string, headers: Headers): string =>
  `${statusText}\n${[...headers].map(([name, value]) => `${name}: ${value}`).join('\n')}\n`;
