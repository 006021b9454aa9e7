// What the desk asks of the server: files, checks, head counts, publishing.

import { get, send, url } from '../api/client';
import type { Journey } from '../api/types';
import type { Base } from './draft';
import { formOf, withForm, withoutForm, type Form } from './newline';

/// Journey, version and title are null where the file has errors.
export interface DeskFile {
  file: string;
  journey: string | null;
  version: number | null;
  title: string | null;
  published: boolean;
  etag: string;
  errors: number;
}

export interface DeskAnswer {
  writable: boolean;
  hindrance: 'token' | 'folder' | null; ///< why it is not writable
  files: DeskFile[];
  channels: { id: string; title: string; human: boolean }[];
  teams: string[];
  purposes: string[];
}

/// A file as the desk has it: with "\n" alone, and the form that it is written in.
export interface FileAnswer extends Base {
  file: string;
  etag: string;
}

/// Line and column count from 1, columns in bytes.
export interface Where {
  file: string;
  line: number;
  column: number;
}

export interface Note {
  where: Where;
  message: string;
}

/// A mistake, or what may be one.
export interface DraftFinding extends Note {
  severity: 'error' | 'warning';
  code: string;
  hint: string;
  notes: Note[];
}

export interface DraftVersion {
  number: number;
  published: boolean;
  changed: boolean; ///< the draft is not what was published under its number
  running: number | null;
}

export interface CheckAnswer {
  findings: DraftFinding[];
  journey: Journey | null; ///< null: the draft has errors
  version: DraftVersion | null; ///< null: the draft has errors
}

export type Fate = 'stays' | 'moves' | 'unplaced' | 'exits' | 'opens';

export interface Sending {
  touchpoint: string;
  kind: 'message' | 'task';
  count: number;
}

export interface PlanGroup {
  fate: Fate;
  count: number;
  version?: number;
  position?: string;
  to_version?: number;
  to?: string;
}

export interface PlanChange {
  journey: string;
  published: { version: number; in_force: string | null; file: string }[];
  counts: Record<Fate, number>;
  instances: PlanGroup[];
  sent: Sending[];
  withdrawn: Sending[];
}

export interface PlanAnswer {
  as_of: string;
  changes: PlanChange[];
}

export interface PublishAnswer {
  published: { journey: string; version: number }[];
  findings: DraftFinding[];
  etag: string;
}

export async function readFile(file: string): Promise<FileAnswer> {
  const { text, etag } = await get<{ text: string; etag: string }>('/desk/file', { file });
  return { file, text: withoutForm(text), etag, form: formOf(text) };
}

/// What is checked is what would be written, for a version is told by its bytes. Lines and columns are those of the field all the
/// same: a carriage return stands at the end of its line, and a byte order mark counts in no column.
export const check = (file: string, text: string, form: Form, signal: AbortSignal): Promise<CheckAnswer> =>
  send('POST', url('/desk/check'), { file, text: withForm(text, form) }, {}, signal);

export const plan = (file: string, text: string, { form }: Base): Promise<PlanAnswer> =>
  send('POST', url('/desk/plan'), { file, text: withForm(text, form) });

/// Writes `text` in the form of its base, and replaces that one alone; without an etag the file must not be there yet.
/// ApiError 412: it was changed meanwhile, or is there. 409: another one is being saved, among others.
export const publish = (file: string, text: string, { etag, form }: Base): Promise<PublishAnswer> =>
  send(
    'PUT',
    url('/desk/file', { file }),
    { text: withForm(text, form) },
    etag === null ? { 'If-None-Match': '*' } : { 'If-Match': etag },
  );
