// How a file ends its lines and begins. A text field knows "\n" alone, and so do places and differences: a text is that
// within the page, and gets its own form back when it is written. Pure.

export interface Form {
  newline: '\n' | '\r\n';
  mark: boolean; ///< whether it begins with a byte order mark
}

export const plainForm: Form = { newline: '\n', mark: false };

const byteOrderMark = '\uFEFF';

/// The form of a file's text. One that ends its lines in both ways has that of most of them.
export function formOf(raw: string): Form {
  const all = raw.split('\n').length - 1;
  const withReturn = raw.split('\r\n').length - 1;
  return { newline: withReturn * 2 > all ? '\r\n' : '\n', mark: raw.startsWith(byteOrderMark) };
}

export const withoutForm = (raw: string): string => raw.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');

export const withForm = (text: string, { newline, mark }: Form): string =>
  (mark ? byteOrderMark : '') + (newline === '\n' ? text : text.replaceAll('\n', newline));
