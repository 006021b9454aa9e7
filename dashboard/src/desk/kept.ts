// Texts that are written and not published, kept in this tab for the reader who wrote them: over reloads, another
// language, and a token that has run out. Signing out ends it.

import { readerName } from '../api/client';
import type { Base } from './draft';

export interface Kept {
  text: string;
  base: Base;
  name: string; ///< the file's, which is still the reader's to choose while it is not there
  reader: string; ///< by the name of the token
}

const prefix = 'lotse.draft.';

/// Under this a draft is kept whose file is not there yet; no file has this name.
export const fresh = 'new';

/// For what the tab's store does not take: gone with a reload, but not before.
const memory = new Map<string, Kept>();

const stored = (): string[] => Object.keys(sessionStorage).filter((key) => key.startsWith(prefix));

function read(key: string): Kept | null {
  try {
    return memory.get(key) ?? (JSON.parse(sessionStorage.getItem(key) ?? 'null') as Kept | null);
  } catch {
    return null;
  }
}

const isOwn = (kept: Kept | null): kept is Kept => kept?.reader === readerName();

/// What this reader wrote into `file`; somebody else's text is not shown to them.
export function keptDraft(file: string): Kept | null {
  const kept = read(prefix + file);
  return isOwn(kept) ? kept : null;
}

/// False where it is only kept until the next reload, for the store is full or shut.
export function keep(file: string, draft: Omit<Kept, 'reader'>): boolean {
  const key = prefix + file;
  const kept: Kept = { ...draft, reader: readerName() };
  forget(file);
  try {
    sessionStorage.setItem(key, JSON.stringify(kept));
    return true;
  } catch {
    memory.set(key, kept);
    return false;
  }
}

export function forget(file: string): void {
  memory.delete(prefix + file);
  sessionStorage.removeItem(prefix + file);
}

/// How many drafts of this reader are kept.
export const keptCount = (): number =>
  [...new Set([...stored(), ...memory.keys()])].filter((key) => isOwn(read(key))).length;

/// Forgets all drafts, whoever wrote them.
export function forgetAll(): void {
  memory.clear();
  stored().forEach((key) => sessionStorage.removeItem(key));
}
