// The text that is being written: kept in this tab until it is published, so that a reload loses nothing.

import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../api/client';
import { readFile } from './api';

/// What the draft began as: the file's text and its ETag; null where there is no such file yet.
export interface Base {
  text: string;
  etag: string | null;
}

export interface Draft {
  text: string | null; ///< null: not read yet
  base: Base | null;
  restored: boolean; ///< the text was kept from before a reload
  error: ApiError | null;
  write: (text: string) => void;
  rebase: (base: Base) => void; ///< the file is this now
  discard: () => void; ///< back to what the file says
  reload: () => void;
}

interface Kept {
  text: string;
  base: Base;
}

const storageKey = (file: string): string => `lotse.draft.${file}`;

function keptDraft(file: string): Kept | null {
  try {
    return JSON.parse(sessionStorage.getItem(storageKey(file)) ?? 'null') as Kept | null;
  } catch {
    return null;
  }
}

function keep(file: string, text: string, base: Base): void {
  try {
    if (text === base.text) sessionStorage.removeItem(storageKey(file));
    else sessionStorage.setItem(storageKey(file), JSON.stringify({ text, base }));
  } catch {
    // The store is full or shut: leaving the page still warns.
  }
}

/// `begin`: what a file begins with that is not there yet; null for one that is.
export function useDraft(file: string, begin: string | null): Draft {
  const [text, setText] = useState<string | null>(null);
  const [base, setBase] = useState<Base | null>(null);
  const [restored, setRestored] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let left = false;
    const take = (found: Base): void => {
      if (left) return;
      const kept = keptDraft(file);
      const changed = kept !== null && kept.text !== found.text;
      setText(changed ? kept.text : found.text);
      // What it was made from stays its base: if the file is another one by now, publishing tells.
      setBase(changed ? kept.base : found);
      setRestored(changed);
      setError(null);
    };
    if (begin !== null) take({ text: begin, etag: null });
    else
      readFile(file).then(take, (problem: unknown) => {
        if (!left) setError(problem instanceof ApiError ? problem : new ApiError(0, '', ''));
      });
    return () => {
      left = true;
    };
  }, [file, begin, turn]);

  const dirty = text !== null && base !== null && text !== base.text;
  useEffect(() => {
    if (!dirty) return undefined;
    const warn = (event: BeforeUnloadEvent): void => {
      event.preventDefault();
      event.returnValue = ''; // for browsers before 2023
    };
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, [dirty]);

  return {
    text,
    base,
    restored,
    error,
    write: (next) => {
      setText(next);
      if (base) keep(file, next, base);
    },
    rebase: (next) => {
      setBase(next);
      setRestored(false);
      if (text !== null) keep(file, text, next);
    },
    discard: () => {
      sessionStorage.removeItem(storageKey(file));
      setTurn((before) => before + 1);
    },
    reload: () => setTurn((before) => before + 1),
  };
}
