// The field in which a journey is written: a plain text field, so that undo, dictation and screen readers work as ever,
// with its colours on a layer beneath. Tab leaves it; only while the list of choices is open does Tab choose.

import type { JSX, RefObject } from 'preact';
import { useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { count } from '../format';
import { plural, t, word } from '../i18n';
import type { DraftFinding } from './api';
import { linesOf } from './colour';
import { complete, type Choice, type Completion, type Workspace } from './completion';
import { CaretMark, Colours, Gutter, Underlines, row } from './layers';
import { lineOf, linesAway, lineStarts, newLine, type Edit, type Place } from './places';
import type { Shapes } from './schema';

/// Puts an edit in as if it were typed, so that undo takes it back.
export function apply(area: HTMLTextAreaElement, { from, to, insert }: Edit): void {
  area.focus({ preventScroll: true });
  area.setSelectionRange(from, to);
  // Deprecated, and without an heir that keeps the field's own undo.
  const done = insert
    ? document.execCommand('insertText', false, insert)
    : document.execCommand('delete', false);
  if (done) return;
  area.setRangeText(insert, from, to, 'end');
  area.dispatchEvent(new InputEvent('input', { bubbles: true }));
}

/// How far from the begin of its line an offset stands, in CSS pixels.
function widthBefore(area: HTMLTextAreaElement, offset: number): number {
  const pen = document.createElement('canvas').getContext('2d')!;
  pen.font = getComputedStyle(area).font;
  return pen.measureText(area.value.slice(area.value.lastIndexOf('\n', offset - 1) + 1, offset)).width;
}

/// A page up or down, which the field itself does not know: it is as high as its text, and scrolled by what is around it.
function turnPage(area: HTMLTextAreaElement, forward: boolean, extend: boolean): void {
  const scroller = area.closest('.editor-scroll')!;
  const page = Math.max(1, Math.floor(scroller.clientHeight / row) - 1);
  const { value, selectionStart, selectionEnd } = area;
  const backward = area.selectionDirection === 'backward';
  const to = linesAway(value, backward ? selectionStart : selectionEnd, forward ? page : -page);
  const anchor = !extend ? to : backward ? selectionEnd : selectionStart;
  area.setSelectionRange(Math.min(anchor, to), Math.max(anchor, to), to < anchor ? 'backward' : 'forward');
  scroller.scrollTop += (forward ? page : -page) * row;
  area.dispatchEvent(new Event('select'));
}

/// Selects a place and brings it to the upper third of the field.
export function jumpTo(area: HTMLTextAreaElement, start: number, end: number): void {
  const scroller = area.closest('.editor-scroll')!;
  const line = area.value.slice(0, start).split('\n').length - 1;
  const top = line * row;
  if (top < scroller.scrollTop + row || top > scroller.scrollTop + scroller.clientHeight - 3 * row)
    scroller.scrollTop = Math.max(0, top - scroller.clientHeight / 3);
  const room = scroller.clientWidth - area.offsetLeft - 2 * row;
  const right = widthBefore(area, end);
  scroller.scrollLeft = right <= room ? 0 : right - room / 2;
  area.focus({ preventScroll: true });
  area.setSelectionRange(start, end);
  area.dispatchEvent(new Event('select'));
}

const shownMost = 60;

interface EditorProps {
  area: RefObject<HTMLTextAreaElement>;
  label: string;
  text: string;
  readOnly: boolean;
  findings: readonly DraftFinding[];
  place: Place | undefined; ///< the touchpoint that the caret is in
  caret: number;
  shapes: Shapes | null;
  workspace: Workspace;
  onText: (text: string) => void;
  onCaret: (offset: number) => void;
}

/// The choices at the caret, open by typing or by Ctrl+Space.
function useChoices({ area, shapes, workspace, readOnly }: EditorProps): {
  found: Completion | null;
  active: number; ///< -1: none yet, and Enter breaks the line
  show: (asked: boolean) => void; ///< `asked`: by Ctrl+Space, not by typing
  close: () => void;
  move: (by: number) => void;
  pick: (choice: Choice | undefined) => void;
} {
  const [found, setFound] = useState<Completion | null>(null);
  const [active, setActive] = useState(0);
  const close = (): void => setFound(null);
  const show = (asked: boolean): void => {
    const field = area.current;
    if (!field || !shapes || readOnly || field.selectionStart !== field.selectionEnd) return close();
    const next = complete(field.value, field.selectionStart, shapes, workspace);
    // Nobody waits for a name that is there already: Enter is to break the line.
    const typed = next ? field.value.slice(next.from, field.selectionStart) : '';
    if (!asked && next?.choices.some(({ kind, label }) => kind !== 'key' && label === typed)) return close();
    setFound(next && { ...next, choices: next.choices.slice(0, shownMost) });
    setActive(next?.settled ? 0 : -1);
  };
  const move = (by: number): void => {
    if (found)
      setActive((Math.max(active, by > 0 ? -1 : 0) + by + found.choices.length) % found.choices.length);
  };
  const pick = (choice: Choice | undefined): void => {
    const field = area.current;
    if (!field || !found || !choice) return;
    close();
    apply(field, { from: found.from, to: found.to, insert: choice.insert });
    const caret = field.selectionStart - choice.back;
    field.setSelectionRange(caret, caret);
    // What follows a key is chosen in the same breath.
    if (choice.kind === 'key') show(false);
  };
  return { found, active, show, close, move, pick };
}

export function Editor(props: EditorProps): JSX.Element {
  const { area, label, text, readOnly, findings, place, caret, onText, onCaret } = props;
  const starts = useMemo(() => lineStarts(text), [text]);
  const lines = useMemo(() => linesOf(text), [text]);
  const line = lineOf(starts, caret);
  const choices = useChoices(props);
  const { found } = choices;
  const list = useId();
  const keys = useId();
  const mark = useRef<HTMLElement>(null);

  const tellCaret = (): void => {
    const field = area.current!;
    onCaret(field.selectionDirection === 'backward' ? field.selectionStart : field.selectionEnd);
  };
  const typed = (event: InputEvent & { currentTarget: HTMLTextAreaElement }): void => {
    onText(event.currentTarget.value);
    tellCaret();
    const asks = event.inputType === 'insertText' && event.data !== null && !event.data.includes('\n');
    const line = event.currentTarget.value.slice(0, event.currentTarget.selectionStart);
    if (found || (asks && !/\n *$/.test(line))) choices.show(false);
  };
  const pressed = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    if (event.key === ' ' && event.ctrlKey) choices.show(true);
    else if (found && choiceKey(event, choices)) return event.preventDefault();
    else if (event.key === 'PageDown' || event.key === 'PageUp')
      turnPage(area.current!, event.key === 'PageDown', event.shiftKey);
    else if (event.key === 'Enter' && !readOnly && !event.ctrlKey && !event.metaKey) breakLine();
    else return;
    event.preventDefault();
  };
  const breakLine = (): void => {
    const field = area.current!;
    choices.close();
    const { selectionStart: from, selectionEnd: to } = field;
    apply(field, { from, to, insert: newLine(field.value, from) });
  };

  return (
    <div class="editor" style={{ '--row': `${row}px` }}>
      <div class="editor-scroll">
        <Gutter lines={starts.length} findings={findings} current={line} place={place} />
        <div class="sheet">
          <span class="current-line" style={{ top: line * row }} aria-hidden="true" />
          <Colours lines={lines} />
          <Underlines text={text} starts={starts} findings={findings} />
          <CaretMark text={text} starts={starts} line={line} offset={found?.from ?? caret} mark={mark} />
          <textarea
            ref={area}
            value={text}
            readOnly={readOnly}
            aria-label={label}
            aria-describedby={keys}
            aria-autocomplete="list"
            aria-controls={found ? list : undefined}
            aria-activedescendant={found && choices.active >= 0 ? `${list}-${choices.active}` : undefined}
            spellcheck={false}
            autocomplete="off"
            autocapitalize="off"
            onInput={typed}
            onKeyDown={pressed}
            onKeyUp={tellCaret}
            onClick={() => {
              choices.close();
              tellCaret();
            }}
            onSelect={tellCaret}
            onBlur={choices.close}
          />
        </div>
      </div>
      {found ? (
        <Choices id={list} found={found} active={choices.active} mark={mark} pick={choices.pick} />
      ) : null}
      <p class="hidden" role="status">
        {found ? plural('desk.choices', found.choices.length, count(found.choices.length)) : ''}
      </p>
      <p class="editor-keys quiet" id={keys}>
        {t(readOnly ? 'desk.keys_read' : 'desk.keys')}
      </p>
    </div>
  );
}

/// Keys of the open list; false where the key is the field's own.
function choiceKey(event: KeyboardEvent, choices: ReturnType<typeof useChoices>): boolean {
  const { active, found } = choices;
  if (event.key === 'ArrowDown') choices.move(1);
  else if (event.key === 'ArrowUp') choices.move(-1);
  else if (event.key === 'Escape') choices.close();
  else if (event.key === 'Enter' && active >= 0) choices.pick(found!.choices[active]);
  else if (event.key === 'Tab' && !event.shiftKey) choices.pick(found!.choices[Math.max(active, 0)]);
  else return false;
  return true;
}

const listHeight = 264;

/// The list of choices, right below what is being typed, or above where there is no room below.
function Choices({
  id,
  found,
  active,
  mark,
  pick,
}: {
  id: string;
  found: Completion;
  active: number;
  mark: RefObject<HTMLElement>;
  pick: (choice: Choice) => void;
}): JSX.Element {
  const box = useRef<HTMLUListElement>(null);
  useLayoutEffect(() => {
    const list = box.current!;
    const scroller = list.parentElement!.querySelector('.editor-scroll')!;
    const stand = (): void => {
      const around = list.parentElement!.getBoundingClientRect();
      const at = mark.current!.getBoundingClientRect();
      const height = Math.min(listHeight, list.scrollHeight + 2);
      const above = at.bottom + height > innerHeight && at.top - height > 0;
      const left = Math.max(0, Math.min(at.left - around.left - 8, around.width - list.offsetWidth));
      list.style.left = `${left}px`;
      list.style.top = `${at.top - around.top + (above ? -height - 4 : row + 3)}px`;
    };
    stand();
    scroller.addEventListener('scroll', stand);
    return () => scroller.removeEventListener('scroll', stand);
  }, [found]);
  useLayoutEffect(() => {
    const list = box.current!;
    const option = list.children[active] as HTMLElement | undefined;
    if (!option) return;
    const { offsetTop: top, offsetHeight: height } = option;
    list.scrollTop = Math.max(top + height - list.clientHeight, Math.min(list.scrollTop, top));
  }, [active, found]);
  return (
    <ul class="choices" role="listbox" id={id} aria-label={t('desk.choices_label')} ref={box}>
      {found.choices.map((choice, index) => (
        <li
          key={`${choice.kind} ${choice.label}`}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === active}
          onMouseDown={(event) => {
            event.preventDefault(); // the field keeps the focus
            pick(choice);
          }}
        >
          <span class={`choice-kind ${choice.kind}`}>{word('desk.kind', choice.kind)}</span>
          <span class="choice-label">
            {choice.label}
            {choice.required ? <span class="choice-required">{t('desk.required')}</span> : null}
          </span>
          {choice.detail ? (
            <span class="choice-detail" lang={choice.kind === 'name' ? undefined : 'en'}>
              {choice.detail}
            </span>
          ) : null}
        </li>
      ))}
    </ul>
  );
}
