// The schema's snippets as YAML: `${1:name}` becomes `name`, mappings are written as blocks.

const filled = (text: string): string => text.replace(/\$\{\d+:([^}]*)\}/g, '$1');

/// What YAML would read as something else: a sign at the begin, one that ends a plain text, or a word that is no text.
const unsafe = /^[\s&*!|>'"%@`#?-]|: |:$| #|\s$|[,[\]{}]|^\d+:\d+|^(?:true|false|yes|no|on|off|null|~)$/i;

/// A text as YAML reads it back, quoted where it must be.
export const quotedText = (text: string): string =>
  text === '' || unsafe.test(text) ? JSON.stringify(text) : text;

const scalar = (value: unknown): string =>
  typeof value === 'string' ? quotedText(filled(value)) : String(value);

const pairs = (value: object): [string, unknown][] =>
  Object.entries(value).map(([key, inner]) => [filled(key), inner]);

const inline = (value: unknown): string =>
  Array.isArray(value)
    ? `[${value.map(inline).join(', ')}]`
    : typeof value === 'object' && value !== null
      ? `{${pairs(value)
          .map(([key, inner]) => `${key}: ${inline(inner)}`)
          .join(', ')}}`
      : scalar(value);

const plain = (value: unknown): boolean => typeof value !== 'object' || value === null;

/// The lines of a mapping, `indent` columns deep. Mappings and lists of plain values alone stand in one line.
function lines(value: object, indent: number): string[] {
  const margin = ' '.repeat(indent);
  return pairs(value).flatMap(([key, inner]) => {
    if (plain(inner)) return [`${margin}${key}: ${scalar(inner)}`];
    const children = Object.values(inner as object);
    if (Array.isArray(inner) && children.some((child) => !plain(child)))
      return [`${margin}${key}:`, ...children.map((child) => `${margin}  - ${inline(child)}`)];
    if (Array.isArray(inner) || (children.every(plain) && indent > 0))
      return [`${margin}${key}: ${inline(inner)}`];
    return [`${margin}${key}:`, ...lines(inner as object, indent + 2)];
  });
}

/// `body` as a block, `indent` columns deep; the first line without its indent, for that is there already.
export const snippetText = (body: unknown, indent: number): string =>
  lines(body as object, indent)
    .join('\n')
    .trimStart();
