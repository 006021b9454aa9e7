// The text that is being written: kept in this tab until it is published, so that a reload loses nothing.

import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api/client';
import { readFile } from './api';
import { forget, fresh, keep, keptDraft } from './kept';
import { plainForm, type Form } from './newline';

/// What the draft began as: the file's text and its ETag; null where there is no such file yet.
export interface Base {
  text: string;
  etag: string | null;
  form: Form;
}

export interface Draft {
  text: string | null; ///< null: not read yet
  base: Base | null;
  restored: boolean; ///< the text was kept from before a reload
  lasting: boolean; ///< what is kept outlives a reload
  error: ApiError | null;
  write: (text: string) => void;
  rebase: (base: Base) => void; ///< the file is this now; what was typed meanwhile stays
  discard: () => void; ///< back to what the file says
  reload: () => void;
}

/// `begin`: what a file begins with that is not there yet, whose name may still change; null for one that is.
export function useDraft(file: string, begin: string | null): Draft {
  const [text, setText] = useState<string | null>(null);
  const [base, setBase] = useState<Base | null>(null);
  const [restored, setRestored] = useState(false);
  const [lasting, setLasting] = useState(true);
  const [error, setError] = useState<ApiError | null>(null);
  const [turn, setTurn] = useState(0);
  // An answer of the server meets the text of its own time, not that of the press that asked.
  const latest = useRef<{ text: string; base: Base } | null>(null);
  const gone = useRef(false);
  useEffect(() => () => void (gone.current = true), []);

  const firstName = useRef(file);
  const keyOf = ({ etag }: Base): string => (etag === null ? fresh : file);
  const store = (next: string, on: Base): void => {
    latest.current = { text: next, base: on };
    const renamed = on.etag === null && file !== firstName.current;
    if (next === on.text && !renamed) forget(keyOf(on));
    else setLasting(keep(keyOf(on), { text: next, base: on, name: file }));
  };

  const opened = begin === null ? file : fresh;
  useEffect(() => {
    let left = false;
    const take = (found: Base): void => {
      if (left) return;
      const kept = keptDraft(keyOf(found));
      const changed = kept !== null && kept.text !== found.text;
      // What it was made from stays its base: if the file is another one by now, publishing tells.
      latest.current = changed ? kept : { text: found.text, base: found };
      setText(latest.current.text);
      setBase(latest.current.base);
      setRestored(changed);
      setError(null);
    };
    const isThere = begin === null || (latest.current !== null && latest.current.base.etag !== null);
    if (!isThere) take({ text: begin, etag: null, form: plainForm });
    else
      readFile(file).then(take, (problem: unknown) => {
        if (!left) setError(problem instanceof ApiError ? problem : new ApiError(0, '', ''));
      });
    return () => {
      left = true;
    };
  }, [opened, begin, turn]);

  // The name of a file that is not there yet is kept with its text.
  useEffect(() => {
    if (latest.current && latest.current.base.etag === null) store(latest.current.text, latest.current.base);
  }, [file]);

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
    lasting,
    error,
    write: (next) => {
      setText(next);
      if (latest.current) store(next, latest.current.base);
    },
    rebase: (next) => {
      const before = latest.current;
      if (!before) return;
      // Who has left the view may be writing in another one of the same file by now: its text is the one that is kept.
      const key = keyOf(before.base);
      const now = gone.current ? (keptDraft(key)?.text ?? next.text) : before.text;
      forget(key);
      setBase(next);
      setRestored(false);
      store(now, next);
    },
    discard: () => {
      if (base) forget(keyOf(base));
      setTurn((before) => before + 1);
    },
    reload: () => setTurn((before) => before + 1),
  };
}
