/** White space at both ends goes, line breaks, U+3000 and U+FEFF too. */
export const trimmed = (text: string): string => text.replace(/^[\s\u3000\ufeff]+|[\s\u3000\ufeff]+$/g, '');

/** The form in which names of columns, words of maps and codes are compared. */
export const comparable = (text: string): string => trimmed(text.normalize('NFKC'));

/** A comparable name of a column without a leading star and without what stands in brackets at its end. */
export function bareName(name: string): string {
  const bare = comparable(name).replace(/^\*\s*/, '');
  return bare.replace(/\s*(?:\([^()]*\)|\[[^[\]]*\]|【[^【】]*】|〔[^〔〕]*〕)$/u, '') || bare;
}
