// The way of a draft into its file: a head count, then publishing that very text under that very name.

import { useState } from 'preact/hooks';
import { ApiError } from '../api/client';
import { plan, publish, readFile, type FileAnswer, type PlanAnswer, type PublishAnswer } from './api';
import type { Draft } from './draft';

export type Outcome =
  | { state: 'idle' }
  | { state: 'counting' | 'sending' }
  | { state: 'planned'; of: string; file: string; plan: PlanAnswer }
  | { state: 'conflict'; theirs: FileAnswer }
  | { state: 'failed'; error: ApiError }
  | { state: 'done'; published: PublishAnswer['published'] | null }; ///< null: the file had this text already

export interface Publishing {
  now: Outcome;
  busy: boolean;
  counted: boolean; ///< the text as it stands, for the file as it is called
  count: () => void;
  send: () => void;
  settle: (next: Outcome) => void;
}

const asApiError = (error: unknown): ApiError =>
  error instanceof ApiError ? error : new ApiError(0, '', '');

/// `onPublished` is called when the file has the draft.
export function usePublishing(file: string, draft: Draft, onPublished: () => void): Publishing {
  const [now, settle] = useState<Outcome>({ state: 'idle' });
  const text = draft.text ?? '';
  const base = draft.base!;
  const count = (): void => {
    settle({ state: 'counting' });
    plan(file, text, base).then(
      (answer) => settle({ state: 'planned', of: text, file, plan: answer }),
      (error: unknown) => settle({ state: 'failed', error: asApiError(error) }),
    );
  };
  const refused = async (): Promise<void> => {
    const theirs = await readFile(file);
    if (theirs.text !== text) return settle({ state: 'conflict', theirs });
    // It was our own write, whose answer was lost on the way.
    draft.rebase(theirs);
    settle({ state: 'done', published: null });
    onPublished();
  };
  const send = (): void => {
    settle({ state: 'sending' });
    publish(file, text, base)
      .then(
        ({ published, etag }) => {
          draft.rebase({ text, etag, form: base.form });
          settle({ state: 'done', published });
          onPublished();
        },
        (error: unknown) => {
          if (asApiError(error).status === 412) return refused();
          throw error;
        },
      )
      .catch((error: unknown) => settle({ state: 'failed', error: asApiError(error) }));
  };
  return {
    now,
    busy: now.state === 'counting' || now.state === 'sending',
    counted: now.state === 'planned' && now.of === text && now.file === file,
    count,
    send,
    settle,
  };
}
