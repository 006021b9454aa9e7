// Checks the draft as it is written.

import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../api/client';
import { check, type CheckAnswer } from './api';
import type { Base } from './draft';

/// So long after the last key.
const pause = 300; // ms

export interface Checked {
  answer: CheckAnswer | null; ///< of the latest text that was answered, which may be an earlier one
  of: string | null; ///< that text
  failed: ApiError | null; ///< why the latest text has no answer
}

/// What is shown stays until the next answer is there; an answer to an older text is dropped. Asked again when the text is
/// another one, or the file's `etag`, for what is published may be another version then.
export function useCheck(file: string, text: string, { etag, form }: Base): Checked {
  const [checked, setChecked] = useState<Checked>({ answer: null, of: null, failed: null });
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => {
      check(file, text, form, abort.signal).then(
        (answer) => {
          if (!abort.signal.aborted) setChecked({ answer, of: text, failed: null });
        },
        (error: unknown) => {
          const failed = error instanceof ApiError ? error : new ApiError(0, '', '');
          if (!abort.signal.aborted) setChecked((before) => ({ ...before, failed }));
        },
      );
    }, pause);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [file, text, etag]);
  return checked;
}
