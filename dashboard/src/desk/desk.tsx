// The author's desk: a journey's file, what the check says of it, its map, and the way to publish it.

import type { JSX } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ApiError } from '../api/client';
import type { Journey } from '../api/types';
import { t, type Key } from '../i18n';
import { href } from '../router';
import { Loading, Problem } from '../widgets/bits';
import type { DeskAnswer, DraftVersion } from './api';
import { useCheck, type Checked } from './check';
import { helpAt } from './completion';
import { Conflict } from './conflict';
import { DraftMap } from './draft_map';
import { useDraft, type Draft } from './draft';
import { apply, Editor, jumpTo } from './editor';
import { Findings } from './findings';
import { lineOf, lineStarts, offsetAt, touchpointPlaces, versionEdit, wordAt } from './places';
import { Plan, type Titles } from './plan';
import { usePublishing, type Publishing } from './publishing';
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
  nameless?: boolean; ///< the file has no name that it could be written under
  line?: number | undefined; ///< to begin at, from 1
  onPublished: () => void;
}

export function Desk(props: DeskProps): JSX.Element {
  const draft = useDraft(props.file, props.begin);
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
  nameless = false,
  line: firstLine,
  onPublished,
  draft,
  text,
}: DeskProps & { draft: Draft; text: string }): JSX.Element {
  const area = useRef<HTMLTextAreaElement>(null);
  const [caret, setCaret] = useState(0);
  const checked = useCheck(file, text, draft.base!);
  const publishing = usePublishing(file, draft, onPublished);
  const { journey, stale } = useLastGood(checked, running);
  const starts = useMemo(() => lineStarts(text), [text]);
  const places = useMemo(() => touchpointPlaces(text, starts, entriesOf(text)), [text, starts]);
  const line = lineOf(starts, caret);
  const place = places.find(({ first, last }) => line >= first && line <= last);
  const findings = checked.answer?.findings ?? [];
  const files = useMemo(() => new Set(desk.files.map((one) => one.file)), [desk]);
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
      if (found) jumpTo(area.current!, found.start, wordAt(text, found.start).end);
    },
    [places, text],
  );
  useEffect(() => {
    if (firstLine) jump(firstLine, 1);
  }, [firstLine]);
  const write = (insert: string): void => apply(area.current!, { from: 0, to: text.length, insert });
  const back = (): void => area.current!.focus({ preventScroll: true });
  return (
    <>
      <Draftbar
        desk={desk}
        draft={draft}
        nameless={nameless}
        checked={checked}
        publishing={publishing}
        onVersion={(version) => {
          const edit = versionEdit(text, version);
          apply(area.current!, edit);
          jumpTo(area.current!, edit.from, edit.from + edit.insert.trimEnd().length);
        }}
        onDiscard={() => {
          draft.discard();
          back();
        }}
      />
      <OutcomeOf
        publishing={publishing}
        draft={draft}
        text={text}
        titles={titles}
        journey={journey}
        onTheirs={write}
        onBack={back}
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
            files={files}
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

const draftState = ({ writable, hindrance }: DeskAnswer, dirty: boolean, { base, lasting }: Draft): Key => {
  if (!writable) return hindrance === 'folder' ? 'desk.read_folder' : 'desk.read_only';
  if (dirty) return lasting ? 'desk.unsaved' : 'desk.unkept';
  return base?.etag === null ? 'desk.no_file_yet' : 'desk.saved';
};

/// Which version this is, whether it is kept, and what can be done with it.
function Draftbar({
  desk,
  draft,
  nameless,
  checked,
  publishing,
  onVersion,
  onDiscard,
}: {
  desk: DeskAnswer;
  draft: Draft;
  nameless: boolean;
  checked: Checked;
  publishing: Publishing;
  onVersion: (version: number) => void;
  onDiscard: () => void;
}): JSX.Element {
  const { busy, counted } = publishing;
  const isFresh = checked.of === draft.text;
  const dirty = draft.text !== draft.base?.text;
  const version = useVersion(checked, dirty);
  const errors = !checked.answer || checked.answer.findings.some(({ severity }) => severity === 'error');
  const taken = version !== null && version.published && version.changed;
  const hindered = errors || taken || !isFresh || nameless;
  // What was pressed keeps the focus while the server is at it: it is not disabled then, only deaf.
  const step = (name: Key, next: boolean, ready: boolean, press: () => void): JSX.Element => (
    <button
      type="button"
      class={next ? 'primary' : ''}
      disabled={!busy && !ready}
      aria-disabled={busy}
      onClick={() => (busy ? undefined : press())}
    >
      {t(name)}
    </button>
  );
  return (
    <div class="draftbar">
      <VersionLine version={version} writable={desk.writable} onVersion={onVersion} />
      <p class="draft-state quiet">
        {t(draftState(desk, dirty, draft))}
        {draft.restored ? (
          <>
            {' '}
            <strong>{t('desk.restored')}</strong>{' '}
            <button
              type="button"
              class="plain-button"
              onClick={() => (confirm(t('desk.discard_sure')) ? onDiscard() : undefined)}
            >
              {t('desk.discard')}
            </button>
          </>
        ) : null}
      </p>
      {desk.writable ? (
        <div class="draft-actions">
          {step('desk.count', !counted, !hindered, publishing.count)}
          {step('desk.publish', counted, !hindered && counted, publishing.send)}
        </div>
      ) : null}
    </div>
  );
}

/// What the head count found, or what publishing came to. The focus goes there, for it is what was asked for, unless its
/// reader is writing on; `onBack` gives it to the text when that is done with.
function OutcomeOf({
  publishing: { now, counted, settle },
  draft,
  text,
  titles,
  journey,
  onTheirs,
  onBack,
}: {
  publishing: Publishing;
  draft: Draft;
  text: string;
  titles: Titles;
  journey: Journey | null;
  onTheirs: (theirs: string) => void;
  onBack: () => void;
}): JSX.Element | null {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!document.activeElement?.matches('.editor textarea')) box.current?.focus();
  }, [now.state]);
  const goOn = (): void => {
    settle({ state: 'idle' });
    onBack();
  };
  switch (now.state) {
    case 'idle':
      return null;
    case 'counting':
    case 'sending':
      return <Loading />;
    case 'failed':
      return (
        <div class="outcome" tabIndex={-1} ref={box}>
          <Failure error={now.error} />
        </div>
      );
    case 'conflict':
      return (
        <Conflict
          box={box}
          theirs={now.theirs}
          mine={text}
          onMine={() => {
            draft.rebase(now.theirs);
            goOn();
          }}
          onTheirs={() => {
            draft.rebase(now.theirs);
            onTheirs(now.theirs.text);
            goOn();
          }}
        />
      );
    case 'done':
      return (
        <div class="notice done outcome" role="status" tabIndex={-1} ref={box}>
          <p>
            <strong>{t(doneWords(now.published))}</strong>{' '}
            {now.published
              ?.map((one) => t('plan.version', { journey: one.journey, n: one.version }))
              .join(', ')}
          </p>
          {journey ? <a href={href([journey.id, 'map'])}>{t('desk.see_map')}</a> : null}
        </div>
      );
    case 'planned':
      return (
        <section class="card plan outcome" tabIndex={-1} ref={box} aria-label={t('plan.title')}>
          <h2>{t('plan.title')}</h2>
          {counted ? null : <p class="bad">{t('plan.old')}</p>}
          <Plan plan={now.plan} titles={titles} />
          <button type="button" onClick={goOn}>
            {t('desk.close')}
          </button>
        </section>
      );
  }
}

const doneWords = (published: readonly unknown[] | null): Key =>
  published === null ? 'desk.as_written' : published.length > 0 ? 'desk.published' : 'desk.written';

/// What the server has against a draft is said in its own words.
const Failure = ({ error }: { error: ApiError }): JSX.Element =>
  error.status === 409 || error.status === 422 ? (
    <p class="notice problem" role="alert">
      <Ticked text={error.detail || error.title} />
    </p>
  ) : (
    <Problem error={error} />
  );
