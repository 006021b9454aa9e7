// What lies beneath the text that is typed: its colours, the lines that findings underline, numbers and signs beside it.

import { Component, type JSX, type RefObject } from 'preact';
import type { DraftFinding } from './api';
import { tokensOf, type Line } from './colour';
import { lineText, offsetAt, wordAt, type Place } from './places';

/// Height of a line, in CSS pixels.
export const row = 21;

/// Drawn anew only when it is another one: a key changes one line of a thousand.
class ColouredLine extends Component<{ line: Line }> {
  override shouldComponentUpdate({ line }: { line: Line }): boolean {
    return line.text !== this.props.line.text || line.block !== this.props.line.block;
  }
  override render({ line }: { line: Line }): JSX.Element {
    return (
      <>
        {tokensOf(line).map(({ tone, text }, index) =>
          tone === 'plain' ? (
            text
          ) : (
            <span key={index} class={`code-${tone}`}>
              {text}
            </span>
          ),
        )}
        {'\n'}
      </>
    );
  }
}

export const Colours = ({ lines }: { lines: readonly Line[] }): JSX.Element => (
  <pre class="colours" aria-hidden="true">
    {lines.map((line, index) => (
      <ColouredLine key={index} line={line} />
    ))}
  </pre>
);

/// Underlines stand behind a copy of the text before them, which takes just as much room.
export function Underlines({
  text,
  starts,
  findings,
}: {
  text: string;
  starts: readonly number[];
  findings: readonly DraftFinding[];
}): JSX.Element {
  return (
    <div class="underlines" aria-hidden="true">
      {findings
        .filter(({ where }) => where.line >= 1 && where.line <= starts.length)
        .map(({ where: { line, column }, severity, code }, index) => {
          const { start, end } = wordAt(text, offsetAt(text, starts, line, column));
          return (
            <div key={`${index} ${code}`} class="copy" style={{ top: (line - 1) * row }}>
              {text.slice(starts[line - 1], start)}
              <u class={severity}>{text.slice(start, end)}</u>
            </div>
          );
        })}
    </div>
  );
}

/// An invisible mark where the caret stands, to which the list of choices is put.
export const CaretMark = ({
  text,
  starts,
  line,
  offset,
  mark,
}: {
  text: string;
  starts: readonly number[];
  line: number;
  offset: number;
  mark: RefObject<HTMLElement>;
}): JSX.Element => (
  <div class="copy" aria-hidden="true" style={{ top: line * row }}>
    {lineText(text, starts, line).slice(0, offset - starts[line]!)}
    <span ref={mark} />
  </div>
);

/// Error: a full disc with a bar. Warning: an open triangle. Never colour alone.
export const SeverityMark = ({ severity }: { severity: DraftFinding['severity'] }): JSX.Element => (
  <svg class={`severity ${severity}`} viewBox="0 0 16 16" aria-hidden="true">
    {severity === 'error' ? (
      <>
        <circle class="full" cx="8" cy="8" r="7" />
        <path class="bar" d="M5 5l6 6M11 5l-6 6" />
      </>
    ) : (
      <path class="line" d="M8 1.8L15 14.2H1zM8 6.2v3.8M8 11.8v.6" />
    )}
  </svg>
);

export function Gutter({
  lines,
  findings,
  current,
  place,
}: {
  lines: number;
  findings: readonly DraftFinding[];
  current: number;
  place: Place | undefined;
}): JSX.Element {
  const worst = new Map<number, DraftFinding['severity']>();
  for (const {
    where: { line },
    severity,
  } of findings)
    if (line >= 1 && line <= lines && worst.get(line) !== 'error') worst.set(line, severity);
  return (
    <div class="gutter" aria-hidden="true">
      <span class="gutter-current" style={{ top: current * row }} />
      {place ? (
        <span
          class="gutter-place"
          style={{ top: place.first * row, height: (place.last - place.first + 1) * row }}
        />
      ) : null}
      <pre>{Array.from({ length: lines }, (_, index) => index + 1).join('\n')}</pre>
      {[...worst].map(([line, severity]) => (
        <span key={line} class="gutter-mark" style={{ top: (line - 1) * row }}>
          <SeverityMark severity={severity} />
        </span>
      ))}
    </div>
  );
}
