// What each part of a line is, for its colour. Pure.

export type Tone = 'key' | 'text' | 'number' | 'word' | 'sign' | 'comment' | 'plain';

export interface Token {
  tone: Tone;
  text: string;
}

/// One line and what it is within: -1, or the column of the key whose block of text goes on.
export interface Line {
  text: string;
  block: boolean;
}

const opensBlock = /(?:^|[:\-\s])[|>][-+0-9]*[ \t]*(?:#.*)?$/;

/// The lines of a text; those of a block of text (`|` or `>`) are marked, for nothing in them is a sign.
export function linesOf(text: string): Line[] {
  let column = -1;
  return text.split('\n').map((line) => {
    const indent = line.search(/\S/);
    if (column >= 0 && indent >= 0 && indent <= column) column = -1;
    const block = column >= 0;
    if (!block && indent >= 0 && line[indent] !== '#' && opensBlock.test(line)) column = indent;
    return { text: line, block };
  });
}

const part =
  /(?<blank>\s+)|(?<comment>#.*)|(?<quoted>"(?:[^"\\]|\\.)*"?|'(?:[^']|'')*'?)|(?<sign>[[\]{},]|-(?=\s|$)|:(?=\s|$))|(?<plain>.)/y;
const key = /(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s#[\]{},"'&*!|>%@`-][^#[\]{},]*?)(?=\s*:(?:\s|$))/y;
const scalar = /[^\s[\]{},](?:[^,[\]{}\s]|[ \t]+(?=[^\s#,[\]{}]))*/y;
const scalarOutside = /\S(?:\S|[ \t]+(?=[^\s#]))*/y;

const number = /^(?:-?\d+(?:\.\d+)?|(?:\d+(?:ms|[wdhms]))+|\d\d:\d\d|\d{4}-\d\d-\d\d[T ].*)$/;
const keyword = /^(?:true|false|null|never|[|>][-+0-9]*)$/;

const toneOf = (text: string): Tone => (number.test(text) ? 'number' : keyword.test(text) ? 'word' : 'plain');

const take = (pattern: RegExp, text: string, at: number): string => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
};

export function tokensOf({ text, block }: Line): Token[] {
  if (block) return [{ tone: 'text', text }];
  const tokens: Token[] = [];
  let keyNext = true;
  let depth = 0;
  for (let at = 0; at < text.length; ) {
    const name = keyNext ? take(key, text, at) : '';
    part.lastIndex = at;
    const { groups = {} } = part.exec(text)!;
    let token: Token;
    if (name) {
      token = { tone: 'key', text: name };
      keyNext = false;
    } else if (groups['blank']) {
      token = { tone: 'plain', text: groups['blank'] };
    } else if (groups['comment'] && (at === 0 || /\s/.test(text[at - 1]!))) {
      token = { tone: 'comment', text: groups['comment'] };
    } else if (groups['quoted']) {
      token = { tone: 'text', text: groups['quoted'] };
    } else if (groups['sign']) {
      const sign = groups['sign'];
      token = { tone: 'sign', text: sign };
      if ('{['.includes(sign)) ++depth;
      if (']}'.includes(sign)) --depth;
      keyNext = '{,-['.includes(sign);
    } else {
      const word = take(depth > 0 ? scalar : scalarOutside, text, at) || text[at]!;
      token = { tone: toneOf(word), text: word };
      keyNext = false;
    }
    tokens.push(token);
    at += token.text.length;
  }
  return tokens;
}
