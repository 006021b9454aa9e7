// The author's desk: a journey's file, what the check says of it, its map, and the way to publish it.

import type { JSX } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api/client';
import type { Journey } from '../api/types';
import { t, type Key } from '../i18n';
import { href } from '../router';
import { Loading, Problem } from '../widgets/bits';
import {
  plan,
  publish,
  readFile,
  type DeskAnswer,
  type DraftVersion,
  type FileAnswer,
  type PlanAnswer,
  type PublishAnswer,
} from './api';
import { useCheck, type Checked } from './check';
import { helpAt } from './completion';
import { Conflict } from './conflict';
import { DraftMap } from './draft_map';
import { useDraft, type Base, type Draft } from './draft';
import { apply, Editor, jumpTo } from './editor';
import { Findings } from './findings';
import { lineOf, lineStarts, offsetAt, touchpointPlaces, versionEdit, wordAt } from './places';
import { Plan, type Titles } from './plan';
import type { Shapes } from './schema';
import { Ticked } from './ticked';
import { VersionLine } from './version_line';
import { entriesOf } from './yaml';

interface DeskProps {
  desk: DeskAnswer;
  shapes: Shapes;
  file: string;
  begin: string | null; ///< what a new file begins with; null: the file is there
  running: Journey | null; ///< drawn until the first check is answered
  onPublished: () => void;
}

type Publishing =
  | { state: 'idle' }
  | { state: 'counting' | 'sending' }
  | { state: 'planned'; of: string; plan: PlanAnswer }
  | { state: 'conflict'; theirs: FileAnswer }
  | { state: 'failed'; error: ApiError }
  | { state: 'done'; published: PublishAnswer['published'] };

const asApiError = (error: unknown): ApiError =>
  error instanceof ApiError ? error : new ApiError(0, '', '');

/// A head count, then publishing that very text.
function usePublishing(
  file: string,
  draft: Draft,
  onPublished: () => void,
): { now: Publishing; count: () => void; send: () => void; settle: (next: Publishing) => void } {
  const [now, settle] = useState<Publishing>({ state: 'idle' });
  const text = draft.text ?? '';
  const count = (): void => {
    settle({ state: 'counting' });
    plan(file, text).then(
      (answer) => settle({ state: 'planned', of: text, plan: answer }),
      (error: unknown) => settle({ state: 'failed', error: asApiError(error) }),
    );
  };
  const failed = async (error: ApiError): Promise<Publishing> => {
    if (error.status !== 412) return { state: 'failed', error };
    return readFile(file).then(
      (theirs): Publishing => ({ state: 'conflict', theirs }),
      (other: unknown): Publishing => ({ state: 'failed', error: asApiError(other) }),
    );
  };
  const send = (): void => {
    settle({ state: 'sending' });
    publish(file, text, draft.base?.etag ?? null).then(
      ({ published, etag }) => {
        draft.rebase({ text, etag });
        settle({ state: 'done', published });
        onPublished();
      },
      async (error: unknown) => settle(await failed(asApiError(error))),
    );
  };
  return { now, count, send, settle };
}

export function Desk(props: DeskProps): JSX.Element {
  // A new file may change its name while it is written.
  const draft = useDraft(props.begin === null ? props.file : 'new', props.begin);
  if (draft.error) return <Problem error={draft.error} retry={draft.reload} />;
  if (draft.text === null) return <Loading />;
  return <Workplace {...props} draft={draft} text={draft.text} />;
}

/// The journey of the last text without errors, and whether that is the one which is shown now.
function useLastGood(checked: Checked, running: Journey | null): { journey: Journey | null; stale: boolean } {
  const last = useRef<Journey | null>(running);
  if (checked.answer?.journey) last.current = checked.answer.journey;
  return { journey: last.current, stale: checked.answer !== null && checked.answer.journey === null };
}

function Workplace({
  desk,
  shapes,
  file,
  running,
  onPublished,
  draft,
  text,
}: DeskProps & { draft: Draft; text: string }): JSX.Element {
  const area = useRef<HTMLTextAreaElement>(null);
  const [caret, setCaret] = useState(0);
  const checked = useCheck(file, text, draft.base?.etag ?? null);
  const publishing = usePublishing(file, draft, onPublished);
  const { journey, stale } = useLastGood(checked, running);
  const starts = useMemo(() => lineStarts(text), [text]);
  const places = useMemo(() => touchpointPlaces(text, starts, entriesOf(text)), [text, starts]);
  const line = lineOf(starts, caret);
  const place = places.find(({ first, last }) => line >= first && line <= last);
  const findings = checked.answer?.findings ?? [];
  const titles: Titles = useMemo(
    () => new Map(journey?.touchpoints.map(({ id, title }) => [id, title])),
    [journey],
  );
  const jump = (from: number, column: number): void => {
    const start = offsetAt(text, starts, from, column);
    jumpTo(area.current!, start, wordAt(text, start).end);
  };
  const pick = useCallback(
    (id: string): void => {
      const found = places.find((one) => one.id === id);
      if (found) jump(found.first + 1, 3);
    },
    [places, text],
  );
  return (
    <>
      <Draftbar
        desk={desk}
        draft={draft}
        checked={checked}
        publishing={publishing}
        onVersion={(version) => {
          const edit = versionEdit(text, version);
          apply(area.current!, edit);
          jumpTo(area.current!, edit.from, edit.from + edit.insert.trimEnd().length);
        }}
      />
      <Outcome
        publishing={publishing}
        draft={draft}
        text={text}
        titles={titles}
        journey={journey}
        onTheirs={(theirs) => apply(area.current!, { from: 0, to: text.length, insert: theirs })}
      />
      <div class="desk">
        <div class="desk-text">
          <Editor
            area={area}
            label={t('desk.editor', { file })}
            text={text}
            readOnly={!desk.writable}
            findings={findings.filter((finding) => finding.where.file === file)}
            place={place}
            caret={caret}
            shapes={shapes}
            workspace={desk}
            onText={draft.write}
            onCaret={setCaret}
          />
          <KeyHelp text={text} caret={caret} shapes={shapes} />
          <Findings
            file={file}
            findings={findings}
            failed={checked.failed}
            onJump={({ line: at, column }) => jump(at, column)}
          />
        </div>
        <DraftMap journey={journey} stale={stale} marked={place?.id} onPick={pick} />
      </div>
    </>
  );
}

/// What the key at the caret means: a hover for those who do not hover.
function KeyHelp({ text, caret, shapes }: { text: string; caret: number; shapes: Shapes }): JSX.Element {
  const help = useMemo(() => helpAt(text, caret, shapes), [text, caret, shapes]);
  return (
    <p class="key-help">
      {help ? (
        <>
          <code>{help.path}</code> <Ticked text={help.description} />
        </>
      ) : (
        <span class="quiet">{t('desk.help_none')}</span>
      )}
    </p>
  );
}

/// The draft's version. While there are errors nothing is known of it: a published one counts as changed then.
function useVersion(checked: Checked, dirty: boolean): DraftVersion | null {
  const last = useRef<DraftVersion | null>(null);
  if (checked.answer?.version) last.current = checked.answer.version;
  const { current } = last;
  return current && !checked.answer?.version ? { ...current, changed: current.changed || dirty } : current;
}

const draftState = ({ writable, hindrance }: DeskAnswer, dirty: boolean, base: Base | null): Key => {
  if (!writable) return hindrance === 'folder' ? 'desk.read_folder' : 'desk.read_only';
  if (dirty) return 'desk.unsaved';
  return base?.etag === null ? 'desk.no_file_yet' : 'desk.saved';
};

/// Which version this is, whether it is kept, and what can be done with it.
function Draftbar({
  desk,
  draft,
  checked,
  publishing,
  onVersion,
}: {
  desk: DeskAnswer;
  draft: Draft;
  checked: Checked;
  publishing: ReturnType<typeof usePublishing>;
  onVersion: (version: number) => void;
}): JSX.Element {
  const { now } = publishing;
  const fresh = checked.of === draft.text;
  const dirty = draft.text !== draft.base?.text;
  const version = useVersion(checked, dirty);
  const errors = !checked.answer || checked.answer.findings.some(({ severity }) => severity === 'error');
  const taken = version !== null && version.published && version.changed;
  const busy = now.state === 'counting' || now.state === 'sending';
  const counted = now.state === 'planned' && now.of === draft.text;
  return (
    <div class="draftbar">
      <VersionLine version={version} writable={desk.writable} onVersion={onVersion} />
      <p class="draft-state quiet">
        {t(draftState(desk, dirty, draft.base))}
        {draft.restored ? (
          <>
            {' '}
            <strong>{t('desk.restored')}</strong>{' '}
            <button type="button" class="plain-button" onClick={draft.discard}>
              {t('desk.discard')}
            </button>
          </>
        ) : null}
      </p>
      {desk.writable ? (
        <div class="draft-actions">
          <button
            type="button"
            class={counted ? '' : 'primary'}
            disabled={busy || errors || taken || !fresh}
            onClick={publishing.count}
          >
            {t('desk.count')}
          </button>
          <button
            type="button"
            class={counted ? 'primary' : ''}
            disabled={busy || errors || taken || !fresh || !counted}
            onClick={publishing.send}
          >
            {t('desk.publish')}
          </button>
        </div>
      ) : null}
    </div>
  );
}

/// What the head count found, or what publishing came to; the focus goes there, for it is what was asked for.
function Outcome({
  publishing: { now, settle },
  draft,
  text,
  titles,
  journey,
  onTheirs,
}: {
  publishing: ReturnType<typeof usePublishing>;
  draft: Draft;
  text: string;
  titles: Titles;
  journey: Journey | null;
  onTheirs: (theirs: string) => void;
}): JSX.Element | null {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (now.state === 'planned' || now.state === 'done') box.current?.focus();
  }, [now.state]);
  switch (now.state) {
    case 'idle':
      return null;
    case 'counting':
    case 'sending':
      return <Loading />;
    case 'failed':
      return now.error.status === 409 || now.error.status === 422 ? (
        <p class="notice problem" role="alert" lang="en">
          {now.error.detail || now.error.title}
        </p>
      ) : (
        <Problem error={now.error} />
      );
    case 'conflict':
      return (
        <Conflict
          theirs={now.theirs}
          mine={text}
          onMine={() => {
            draft.rebase(now.theirs);
            settle({ state: 'idle' });
          }}
          onTheirs={() => {
            draft.rebase(now.theirs);
            onTheirs(now.theirs.text);
            settle({ state: 'idle' });
          }}
        />
      );
    case 'done':
      return (
        <div class="notice done" role="status" tabIndex={-1} ref={box}>
          <p>
            <strong>{t(now.published.length > 0 ? 'desk.published' : 'desk.written')}</strong>{' '}
            {now.published
              .map((one) => t('plan.version', { journey: one.journey, n: one.version }))
              .join(', ')}
          </p>
          {journey ? <a href={href([journey.id, 'map'])}>{t('desk.see_map')}</a> : null}
        </div>
      );
    case 'planned':
      return (
        <section class="card plan" tabIndex={-1} ref={box} aria-label={t('plan.title')}>
          <h2>{t('plan.title')}</h2>
          {now.of === text ? null : <p class="bad">{t('plan.old')}</p>}
          <Plan plan={now.plan} titles={titles} />
          <button type="button" onClick={() => settle({ state: 'idle' })}>
            {t('desk.close')}
          </button>
        </section>
      );
  }
}
