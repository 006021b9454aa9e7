// What can be written at the caret: keys and values of the schema, and names that the draft or the workspace has. Pure.

import type { Shapes } from './schema';
import { quotedText, snippetText } from './snippet';
import { caretAt, entriesOf, samePath, type Caret, type Entry, type Path } from './yaml';

export interface Choice {
  label: string;
  kind: 'key' | 'value' | 'name' | 'snippet';
  detail: string;
  insert: string;
  back: number; ///< so far before the end of what was put in the caret comes to stand
  required: boolean;
}

export interface Completion {
  from: number; ///< what is replaced
  to: number;
  choices: Choice[];
  settled: boolean; ///< the first begins with what was typed, and a name that is not among them would be a mistake
}

/// What the workspace has beside the draft.
export interface Workspace {
  channels: readonly { id: string; title: string }[];
  teams: readonly string[];
  purposes: readonly string[];
}

export type Names = Record<NameKind, Named[]>;
type NameKind = 'touchpoint' | 'stage' | 'channel' | 'context' | 'team' | 'purpose' | 'event';
interface Named {
  name: string;
  detail: string;
}

const lastName = (path: Path): string =>
  String([...path].reverse().find((segment) => typeof segment === 'string') ?? '');

/// The names that a draft declares or uses, each once.
export function namesOf(entries: readonly Entry[], workspace: Workspace): Names {
  const unique = (all: Named[]): Named[] => [...new Map(all.map((one) => [one.name, one])).values()];
  const details = detailsOf(entries);
  const keys = (of: string): Named[] =>
    entries
      .filter(({ path }) => path.length === 2 && path[0] === of)
      .map(({ path: [, name] }) => ({ name: String(name), detail: details.get(`${of} ${name}`) ?? '' }));
  const values = (accept: (path: Path) => boolean): Named[] =>
    entries.flatMap(({ path, value }) => (value && accept(path) ? [{ name: value, detail: '' }] : []));
  const plain = (names: readonly string[]): Named[] => names.map((name) => ({ name, detail: '' }));
  return {
    touchpoint: keys('touchpoints'),
    stage: unique(values((path) => path[0] === 'stages')),
    context: keys('context'),
    channel: workspace.channels.map(({ id, title }) => ({ name: id, detail: title })),
    team: unique([...plain(workspace.teams), ...values((path) => lastName(path) === 'team')]),
    purpose: unique([...plain(workspace.purposes), ...values((path) => lastName(path) === 'purpose')]),
    event: unique(values((path) => lastName(path) === 'on')),
  };
}

/// The title, or else the description, that stands right beneath a name, by `touchpoints basket` and the like.
function detailsOf(entries: readonly Entry[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { path, value } of entries) {
    if (path.length !== 3 || !value) continue;
    const name = `${path[0]} ${path[1]}`;
    if (path[2] === 'title' || (path[2] === 'description' && !found.has(name))) found.set(name, value);
  }
  return found;
}

/// Which names fit as the value at `path`.
function kindAt(path: Path): NameKind | null {
  const name = lastName(path);
  if (['to', 'next', 'anywhere', 'about'].includes(name)) return 'touchpoint';
  if (path[0] === 'promises' && (name === 'from' || name === 'until')) return 'touchpoint';
  if (path[0] === 'migrate' && path[1] === 'positions') return 'touchpoint';
  const kinds: Record<string, NameKind> = {
    stage: 'stage',
    channels: 'channel',
    team: 'team',
    purpose: 'purpose',
    asks: 'context',
    needs: 'context',
    on: 'event',
  };
  return Object.hasOwn(kinds, name) ? kinds[name]! : null;
}

/// Names that need not be there before they are used.
const isOpen = (kind: NameKind | null): boolean => kind === 'event' || kind === 'team' || kind === 'purpose';

const choice = (kind: Choice['kind'], label: string, detail: string, insert: string, back = 0): Choice => ({
  kind,
  label,
  detail,
  insert,
  back,
  required: false,
});

const behindKey = { mapping: '\n', list: '\n', names: ' []', value: ' ' } as const;

/// The keys of the mapping at the caret, and the snippets that would fill it where it is empty.
function keyChoices(shapes: Shapes, names: Names, caret: Caret, entries: readonly Entry[]): Choice[] {
  const present = entries
    .filter(({ path, start }) => start !== caret.from && samePath(path.slice(0, -1), caret.path))
    .map(({ path }) => String(path.at(-1)))
    .filter((name) => caret.place === 'key' || name !== '0');
  const margin = ' '.repeat(caret.column + 2);
  const keys = shapes.keys(caret.path, present).map((key) => {
    const behind = caret.flow && key.shape !== 'names' ? ' ' : behindKey[key.shape];
    const more = behind === '\n' ? `${margin}${key.shape === 'list' ? '- ' : ''}` : '';
    const made = choice(
      'key',
      key.name,
      key.description,
      `${key.name}:${behind}${more}`,
      behind === ' []' ? 1 : 0,
    );
    return { ...made, required: key.required };
  });
  const fields =
    lastName(caret.path) === 'capture'
      ? names.context
          .filter(({ name }) => !present.includes(name))
          .map(({ name, detail }) => choice('name', name, detail, `${quotedText(name)}: `))
      : [];
  const snippets =
    present.length === 0 && !caret.flow && caret.path.length > 0
      ? shapes
          .snippets(caret.path)
          .map(({ label, description, body }) =>
            choice('snippet', label, description ?? '', snippetText(body, caret.column)),
          )
      : [];
  return [...fields, ...keys, ...snippets];
}

function valueChoices(shapes: Shapes, names: Names, path: Path): Choice[] {
  const kind = kindAt(path);
  const own = path[0] === 'touchpoints' ? path[1] : undefined;
  const fitting = (kind ? names[kind] : []).filter(({ name }) => kind !== 'touchpoint' || name !== own);
  return [
    ...fitting.map(({ name, detail }) => choice('name', name, detail, quotedText(name))),
    ...shapes.values(path).map(({ text, description }) => choice('value', text, description, text)),
  ];
}

/// Those that begin with what was typed, then those that have it within.
function matching(choices: Choice[], typed: string): Choice[] {
  const wanted = typed.toLowerCase();
  const at = ({ label }: Choice): number => label.toLowerCase().indexOf(wanted);
  const once = [...new Map(choices.map((one) => [`${one.kind} ${one.label}`, one])).values()];
  return [...once.filter((one) => at(one) === 0), ...once.filter((one) => at(one) > 0)];
}

const beginsWith = ({ label }: Choice, typed: string): boolean =>
  label.toLowerCase().startsWith(typed.toLowerCase());

/// The rest of the word that the caret is in.
const word = /^[\p{L}\p{N}_.-]*/u;
const keyFollows = /^[\p{L}\p{N}_.-]*["']?\s*:(?=\s|$)/u;

/// What is being typed, without the quote that opens it, and how far the word goes on behind the caret.
function wordAround(typed: string, after: string): { bare: string; rest: number } {
  const quote = /^["']/.exec(typed)?.[0];
  if (quote === undefined) return { bare: typed, rest: word.exec(after)![0].length };
  const line = after.slice(0, Math.max(0, `${after}\n`.indexOf('\n')));
  const closed = line.indexOf(quote);
  return { bare: typed.slice(1), rest: closed < 0 ? word.exec(line)![0].length : closed + 1 };
}

const identifier = /^[A-Za-z_]\w*$/;

/// A field of the context within an expression: `context.` and what follows.
const inExpression = /\bcontext\.(\w*)$/;

/// What can be written at `offset`. Null where nothing is known, or where all of it stands there already.
export function complete(
  text: string,
  offset: number,
  shapes: Shapes,
  workspace: Workspace,
): Completion | null {
  const caret = caretAt(text, offset);
  if (caret.place === 'none') return null;
  const entries = entriesOf(text);
  // What is being typed is no name yet.
  const others = entries.filter(({ path, value }) => value === null || !samePath(path, caret.path));
  const names = namesOf(others, workspace);
  const field = caret.place === 'key' ? null : inExpression.exec(caret.typed);
  const typed = field ? field[1]! : caret.typed;
  const after = text.slice(offset);
  const { bare, rest } = wordAround(typed, after);
  const open = field
    ? names.context
        .filter(({ name }) => identifier.test(name))
        .map(({ name, detail }) => choice('name', name, detail, name))
    : [
        ...(caret.place === 'key' ? [] : valueChoices(shapes, names, caret.path)),
        ...(caret.place === 'value' ? [] : keyChoices(shapes, names, caret, entries)),
      ];
  const choices = matching(open, bare);
  const done = choices.length === 1 && choices[0]!.label === bare && choices[0]!.kind !== 'key';
  const whole = `${bare}${after.slice(0, rest).replace(/["']$/, '')}`;
  if (choices.length === 0 || done || (rest > 0 && whole === choices[0]!.label)) return null;
  return {
    from: offset - typed.length,
    to: offset + rest,
    settled: beginsWith(choices[0]!, bare) && !(caret.place !== 'key' && isOpen(kindAt(caret.path))),
    choices: keyFollows.test(after)
      ? choices.map((one) => (one.kind === 'key' ? { ...one, insert: one.label, back: 0 } : one))
      : choices,
  };
}

export interface KeyHelp {
  path: string;
  description: string;
}

/// What the key at the caret means: the innermost on its path that the schema describes.
export function helpAt(text: string, offset: number, shapes: Shapes): KeyHelp | null {
  const caret = caretAt(text, offset);
  // Within a key the caret's path is still that of the mapping around it.
  const inKey = caret.place === 'key' || caret.place === 'item';
  const key = inKey ? /^["']?([\p{L}\p{N}_.-]+)["']?\s*:/u.exec(text.slice(caret.from))?.[1] : undefined;
  const whole = key === undefined ? caret.path : [...caret.path, key];
  for (let length = whole.length; length > 0; --length) {
    const path = whole.slice(0, length);
    const description = shapes.description(path);
    if (!description) continue;
    return {
      path: path.filter((segment) => typeof segment === 'string').join(' › '),
      description,
    };
  }
  return null;
}
