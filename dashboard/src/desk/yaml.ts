// As much of YAML as a desk needs: which key stands where, on which path, and what is being typed at the caret. Pure, and
// forgiving, for a draft is broken most of the time. Not read: anchors, tags, `? key`, plain texts over several lines.

export type Path = readonly (string | number)[];

/// A key, or an item of a list, with its value where that is a scalar. Offsets count UTF-16 units from the text's begin.
export interface Entry {
  path: Path;
  start: number; ///< of the key or the item
  value: string | null; ///< null: a mapping, a list, a block of text, or nothing yet
}

export interface Caret {
  /// `key`: a key of the mapping `path`. `value`: the value at `path`. `item`: of a list, which may be either.
  place: 'key' | 'value' | 'item' | 'none';
  path: Path;
  from: number; ///< where what is being typed begins
  typed: string;
  flow: boolean; ///< within {…} or […]
  column: number; ///< in which a key of `path` stands
}

/// A key or an item that is open at some line; an item counts half a column more than a key in the same one, for the
/// dashes of a list may stand right below the list's own key.
interface Level {
  column: number;
  segment: string | number;
}

/// A brace or bracket that is open.
interface Open {
  list: boolean;
  path: Path;
  key: string | null;
  index: number;
}

interface FlowEnd {
  end: number; ///< behind the last bracket; -1: still open
  open: Open[];
  from: number; ///< of what is being typed where it is still open
}

const keyAhead = /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|([^\s'"#&*!|>%@`{}[\],][^#]*?))\s*:(?=[ \t]|$)/;
const plainInFlow = /[^,[\]{}\n]*/y;

/// Behind these a quote opens a text; elsewhere, as in `it's`, it is a letter.
const opensQuote = /(?:^\s*(?:- +)*|[,[{]\s*|:\s+)$/;

const unquoted = (text: string): string => {
  const bare = text.trim();
  const quote = bare[0];
  if ((quote !== '"' && quote !== "'") || bare.length < 2 || bare.at(-1) !== quote) return bare;
  return bare.slice(1, -1).replace(quote === '"' ? /\\(.)/g : /''/g, quote === '"' ? '$1' : "'");
};

/// Behind the quoted text that begins at `from`; `until` where it is not closed.
function quotedEnd(text: string, from: number, until: number): number {
  const quote = text[from];
  for (let at = from + 1; at < until; ++at) {
    const escaped = quote === '"' ? text[at] === '\\' : text[at] === quote && text[at + 1] === quote;
    if (escaped) ++at;
    else if (text[at] === quote) return at + 1;
  }
  return until;
}

/// Where the comment of a line begins; its length where it has none. What is quoted has none.
function commentIn(line: string): number {
  for (let at = 0; at < line.length; ++at) {
    const here = line[at]!;
    if ((here === '"' || here === "'") && opensQuote.test(line.slice(0, at)))
      at = quotedEnd(line, at, line.length) - 1;
    else if (here === '#' && (at === 0 || /\s/.test(line[at - 1]!))) return at;
  }
  return line.length;
}

const below = ({ path, list, key, index }: Open): Path =>
  list ? [...path, index] : key === null ? path : [...path, key];

/// Reads {…} and […] from their first bracket on, to their end or to `until`.
function readFlow(
  text: string,
  begin: number,
  path: Path,
  until: number,
  emit: (entry: Entry) => void,
): FlowEnd {
  const open: Open[] = [];
  let from = begin;
  for (let at = begin; at < until; ) {
    const here = text[at]!;
    const top = open.at(-1);
    if (here === '{' || here === '[') {
      const inner = top ? below(top) : path;
      if (top?.list) emit({ path: inner, start: at, value: null });
      open.push({ list: here === '[', path: inner, key: null, index: 0 });
      from = ++at;
    } else if (here === '}' || here === ']') {
      open.pop();
      from = ++at;
      if (open.length === 0) return { end: at, open, from };
    } else if (here === ',') {
      top!.key = null;
      ++top!.index;
      from = ++at;
    } else if (/\s/.test(here)) {
      ++at;
      if (text.slice(from, at).trim() === '') from = at;
    } else if (here === '#' && /\s/.test(text[at - 1] ?? ' ')) {
      while (at < until && text[at] !== '\n') ++at;
      from = at;
    } else {
      from = at;
      at = readWord(text, at, until, top!, emit);
      if (top!.key !== null && text[at - 1] === ':') from = at;
    }
  }
  return { end: -1, open, from };
}

/// A key with its colon, or a scalar, within brackets. Returns what stands behind it.
function readWord(text: string, at: number, until: number, top: Open, emit: (entry: Entry) => void): number {
  let end: number;
  if (text[at] === '"' || text[at] === "'") {
    end = quotedEnd(text, at, until);
  } else {
    plainInFlow.lastIndex = at;
    const plain = plainInFlow.exec(text)![0].replace(/[ \t]#.*$/, '');
    const colon = plain.search(/:(?=\s|$)/);
    end = Math.min(until, at + (colon < 0 ? plain.length : colon));
  }
  const word = unquoted(text.slice(at, end));
  const colon = /^[ \t]*:(?=[\s,[\]{}]|$)/.exec(text.slice(end, end + 40));
  if (!top.list && top.key === null && colon && end + colon[0].length <= until) {
    top.key = word;
    emit({ path: below(top), start: at, value: null });
    return end + colon[0].length;
  }
  if (top.list || top.key !== null) emit({ path: below(top), start: at, value: word });
  return Math.max(end, at + 1);
}

const pathOf = (levels: readonly Level[]): Path => levels.map(({ segment }) => segment);

/// Closes all levels at `column` or deeper; returns the one that stood in that column.
function close(levels: Level[], column: number): Level | undefined {
  let last: Level | undefined;
  while (levels.length > 0 && levels.at(-1)!.column >= column) last = levels.pop();
  return last?.column === column ? last : undefined;
}

/// Opens the items whose dashes begin `line` from `column` on; returns the column behind them.
function openItems(levels: Level[], line: string, column: number, opened: (column: number) => void): number {
  let at = column;
  while (line[at] === '-' && (at + 1 >= line.length || line[at + 1] === ' ')) {
    const before = close(levels, at + 0.5);
    levels.push({
      column: at + 0.5,
      segment: typeof before?.segment === 'number' ? before.segment + 1 : 0,
    });
    opened(at);
    ++at;
    while (line[at] === ' ') ++at;
  }
  return at;
}

/// Opens the key that `rest` begins with; returns it with its colon, or an empty text where there is none.
function openKey(levels: Level[], rest: string, column: number): string {
  const key = keyAhead.exec(rest);
  if (!key) return '';
  close(levels, column);
  levels.push({ column, segment: key[1] ?? key[2] ?? key[3]! });
  return key[0];
}

const indentOf = (line: string): number => /^ */.exec(line)![0].length;

/// Whether a line goes on with brackets that were opened in one `indent` deep: it is deeper, or closes them.
const goesOn = (line: string, indent: number): boolean =>
  line.trim() === '' || indentOf(line) > indent || /^\s*[\]}]/.test(line);

/// How far brackets can go that were opened in the line that ends at `end`: while one is being typed it is not closed yet, and what
/// stands below is not within.
function flowLimit(text: string, end: number, indent: number, until: number): number {
  let start = end + 1;
  while (start < until) {
    const newline = text.indexOf('\n', start);
    const next = newline < 0 ? text.length : newline;
    if (!goesOn(text.slice(start, next), indent)) return start;
    start = next + 1;
  }
  return until;
}

/// Reads whole lines, and knows afterwards what is still open behind them.
class Reader {
  readonly levels: Level[] = [];
  block: number | null = null; ///< lines deeper than this column are a block of text
  flow: { begin: number; path: Path; indent: number } | null = null; ///< brackets that are still open

  constructor(
    private readonly text: string,
    private readonly until: number, ///< the begin of a line, or the text's end
    private readonly emit: (entry: Entry) => void,
  ) {
    for (let start = 0; start < until && this.flow === null; ) {
      const newline = text.indexOf('\n', this.line(start));
      start = newline < 0 ? text.length : newline + 1;
    }
  }

  /// Returns what was read up to: the line's end, or farther where its brackets end in a later line.
  private line(start: number): number {
    const newline = this.text.indexOf('\n', start);
    const end = newline < 0 ? this.text.length : newline;
    const line = this.text.slice(start, end);
    const indent = indentOf(line);
    if (line.trim() === '') return end;
    if (this.block !== null && indent <= this.block) this.block = null;
    if (this.block !== null || line[indent] === '#') return end;
    const items: Entry[] = [];
    const column = openItems(this.levels, line, indent, (at) =>
      items.push({ path: pathOf(this.levels), start: start + at, value: null }),
    );
    const key = openKey(this.levels, line.slice(column), column);
    const last = key ? undefined : items.pop();
    items.forEach(this.emit);
    if (key) {
      const entry = { path: pathOf(this.levels), start: start + column, value: null };
      return this.value(start + column + key.length, end, entry, column, indent);
    }
    return last ? this.value(start + column, end, last, last.start - start, indent) : end;
  }

  /// What stands behind a key or a dash, in `column` of a line `indent` deep. Returns where it ends.
  private value(begin: number, end: number, entry: Entry, column: number, indent: number): number {
    const written = this.text.slice(begin, end);
    const bare = written.slice(0, commentIn(written)).trim();
    const isFlow = bare[0] === '{' || bare[0] === '[';
    const isBlock = /^[|>][-+0-9]*$/.test(bare);
    this.emit(isFlow || isBlock || bare === '' ? entry : { ...entry, value: unquoted(bare) });
    if (isBlock) this.block = column;
    if (!isFlow) return end;
    const at = begin + written.indexOf(bare);
    const limit = flowLimit(this.text, end, indent, this.until);
    const flow = readFlow(this.text, at, entry.path, limit, this.emit);
    if (flow.end >= 0) return flow.end;
    if (limit < this.until) return limit - 1;
    this.flow = { begin: at, path: entry.path, indent };
    return end;
  }
}

let latest: { text: string; entries: readonly Entry[] } = { text: '', entries: [] };

/// Every key and every item of `text`, in its order. The latest text is kept in mind, for several ask about it at each key.
export function entriesOf(text: string): readonly Entry[] {
  if (text !== latest.text) {
    const entries: Entry[] = [];
    new Reader(text, text.length, (entry) => entries.push(entry));
    latest = { text, entries };
  }
  return latest.entries;
}

const nowhere = (offset: number): Caret => ({
  place: 'none',
  path: [],
  from: offset,
  typed: '',
  flow: false,
  column: 0,
});

function flowCaret(text: string, begin: number, path: Path, offset: number): Caret {
  const { end, open, from } = readFlow(text, begin, path, offset, () => undefined);
  const top = open.at(-1);
  if (end >= 0 || !top) return nowhere(offset);
  const typed = text.slice(from, offset);
  if (typed.includes('\n') || typed.startsWith('#')) return nowhere(offset);
  const place = top.list || top.key !== null ? 'value' : 'key';
  return { place, path: place === 'key' ? top.path : below(top), from, typed, flow: true, column: 0 };
}

/// Where the caret stands: on which path, and what is being typed there.
export function caretAt(text: string, offset: number): Caret {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const line = text.slice(start, offset);
  const { levels, block, flow } = new Reader(text, start, () => undefined);
  if (flow && goesOn(line, flow.indent)) return flowCaret(text, flow.begin, flow.path, offset);
  const indent = indentOf(line);
  if ((block !== null && (indent > block || line.trim() === '')) || commentIn(line) < line.length)
    return nowhere(offset);
  let dashes = 0;
  const column = openItems(levels, line, indent, () => ++dashes);
  const rest = line.slice(column);
  const key = openKey(levels, rest, column);
  const written = rest.slice(key.length);
  const typed = written.trimStart();
  const from = offset - typed.length;
  if (typed[0] === '{' || typed[0] === '[') {
    if (!key) close(levels, column);
    return flowCaret(text, from, pathOf(levels), offset);
  }
  if (key) {
    // Right behind the colon nothing can be typed yet.
    if (written === '' || typed[0] === '|' || typed[0] === '>')
      return { ...nowhere(offset), path: pathOf(levels) };
    return { place: 'value', path: pathOf(levels), from, typed, flow: false, column };
  }
  if (dashes === 0) close(levels, column);
  return { place: dashes > 0 ? 'item' : 'key', path: pathOf(levels), from, typed, flow: false, column };
}

export const samePath = (a: Path, b: Path): boolean =>
  a.length === b.length && a.every((segment, index) => segment === b[index]);
