// Lines and columns of a text, and where touchpoints stand in it. Pure.

import type { Entry } from './yaml';

export interface Span {
  start: number;
  end: number;
}

/// Where each line begins.
export function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/// The line of an offset, from 0.
export function lineOf(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

const bytesOf = (code: number): number => (code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4);

/// How many UTF-16 units of `line` stand before the byte column `column`, which counts from 1 as the server does; at
/// most the whole line.
export function unitsBefore(line: string, column: number): number {
  let bytes = 0;
  let units = 0;
  for (const letter of line) {
    if (bytes >= column - 1) break;
    bytes += bytesOf(letter.codePointAt(0)!);
    units += letter.length;
  }
  return units;
}

/// The offset of a finding's line and column; the end of the text for a line that is not there (any more).
export function offsetAt(text: string, starts: readonly number[], line: number, column: number): number {
  const start = starts[line - 1];
  if (start === undefined) return text.length;
  const end = starts[line] === undefined ? text.length : starts[line]! - 1;
  return start + unitsBefore(text.slice(start, end), column);
}

/// The word at `offset`, which a finding underlines: a quoted text, or up to a blank or a sign of YAML; at least one letter.
export function wordAt(text: string, offset: number): Span {
  const rest = /^(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s,:[\]{}]+)/.exec(text.slice(offset, offset + 200));
  return { start: offset, end: offset + Math.max(1, rest?.[0].length ?? 1) };
}

export interface Place {
  id: string;
  start: number; ///< offset of its name
  first: number; ///< line, from 0
  last: number;
}

/// The lines of each touchpoint, without the empty ones and the comments before the next.
export function touchpointPlaces(
  text: string,
  starts: readonly number[],
  entries: readonly Entry[],
): Place[] {
  const tops = entries.filter(({ path }) => path.length === 1);
  const own = entries.filter(({ path }) => path.length === 2 && path[0] === 'touchpoints');
  return own.map((entry, index) => {
    const follows = own[index + 1] ?? tops.find(({ start }) => start > entry.start);
    const end = follows ? lineOf(starts, follows.start) : starts.length;
    const first = lineOf(starts, entry.start);
    let last = Math.max(first, end - 1);
    while (last > first && /^\s*(#.*)?$/.test(lineText(text, starts, last))) --last;
    return { id: String(entry.path[1]), start: entry.start, first, last };
  });
}

export function lineText(text: string, starts: readonly number[], line: number): string {
  const end = starts[line + 1];
  return text.slice(starts[line], end === undefined ? text.length : end - 1);
}

export interface Edit {
  from: number;
  to: number;
  insert: string;
}

/// Sets the draft's version: where it stands, or beneath `journey:`, or at the top.
export function versionEdit(text: string, version: number): Edit {
  const found = /^version:[ \t]*[^\s#]*/m.exec(text);
  if (found) return { from: found.index, to: found.index + found[0].length, insert: `version: ${version}` };
  const journey = /^journey:.*(\n|$)/m.exec(text);
  const at = journey ? journey.index + journey[0].length : 0;
  const gap = journey && journey[1] === '' ? '\n' : '';
  return { from: at, to: at, insert: `${gap}version: ${version}\n` };
}

/// The offset as many lines further down, or up, in the same column as far as that line has it; at most the first or last line.
export function linesAway(text: string, offset: number, lines: number): number {
  const starts = lineStarts(text);
  const line = lineOf(starts, offset);
  const to = Math.min(starts.length - 1, Math.max(0, line + lines));
  return starts[to]! + Math.min(offset - starts[line]!, lineText(text, starts, to).length);
}

/// What Enter puts in: a new line as deep as this one, deeper by two beneath a key that has no value yet.
export function newLine(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  const indent = /^ */.exec(line)![0];
  const dash = /^ *((?:- +)*)/.exec(line)![1]!;
  const opens = /^[^#]*:[ \t]*(?:[|>][-+0-9]*)?[ \t]*$/.test(line) && line.trim() !== '';
  return `\n${indent}${opens ? `${' '.repeat(dash.length)}  ` : ''}`;
}
