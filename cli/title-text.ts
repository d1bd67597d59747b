import type { Title } from '../proto/entry/entry.js';

/** A title in as many languages as it has. */
export function titleText(title: Title | string | undefined): string {
  if (title === undefined) return '';
  if (typeof title === 'string') return title;
  return [title.zh, title.en].filter((text) => text !== undefined).join(' / ');
}
