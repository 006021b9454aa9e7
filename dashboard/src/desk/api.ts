// What the desk asks of the server: files, checks, head counts, publishing.

import { get, send, url } from '../api/client';
import type { Journey } from '../api/types';

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

export interface FileAnswer {
  file: string;
  text: string;
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

export const readFile = (file: string): Promise<FileAnswer> => get('/desk/file', { file });

export const check = (file: string, text: string, signal: AbortSignal): Promise<CheckAnswer> =>
  send('POST', url('/desk/check'), { file, text }, {}, signal);

export const plan = (file: string, text: string): Promise<PlanAnswer> =>
  send('POST', url('/desk/plan'), { file, text });

/// `etag` null: the file must not be there yet. ApiError 412: it was changed meanwhile, or is there.
export const publish = (file: string, text: string, etag: string | null): Promise<PublishAnswer> =>
  send(
    'PUT',
    url('/desk/file', { file }),
    { text },
    etag === null ? { 'If-None-Match': '*' } : { 'If-Match': etag },
  );
