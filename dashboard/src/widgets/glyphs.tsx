// Signs: the shape says which signal, the filling says how sure the report is. Never colour alone.

import type { JSX } from 'preact';
import type { Signal, Verdict } from '../api/types';
import { word } from '../i18n';

const shapes: Record<Signal, JSX.Element> = {
  drop_off: <path d="M8 14.5C4.6 14.5 3 12.3 3 10c0-2.6 3-5.5 5-8.5 2 3 5 5.9 5 8.5 0 2.3-1.6 4.5-5 4.5z" />,
  negative_feedback: (
    <path d="M2 2.5h12v8.5H8.5L5 14.5V11H2zM5 9c1.5-2.2 4.5-2.2 6 0M5.7 5.2v.6M10.3 5.2v.6" />
  ),
  broken_promise: (
    <path d="M3.5 1.5h9M3.5 14.5h9M4.5 1.5c0 3.5 2 5 3.5 6.5-1.5 1.5-3.5 3-3.5 6.5h7c0-3.5-2-5-3.5-6.5 1.5-1.5 3.5-3 3.5-6.5z" />
  ),
  escalation: (
    <path d="M8 1.5a2.7 2.7 0 110 5.4 2.7 2.7 0 010-5.4zM2.5 14.5c0-3.6 2.2-5.6 5.5-5.6s5.5 2 5.5 5.6z" />
  ),
  forced_hop: <path d="M9.5 1.5L3 9h4l-1.5 5.5L13 6.5H8.5z" />,
  repeat: <path d="M13.5 8A5.5 5.5 0 118 2.5h3.5M9 .5l2.8 2L9 4.8" />,
  lost_context: <path d="M2 4.5h9l3 3.5-3 3.5H2zM4.5 8h1M7.5 8h1M10.5 8h.5" />,
};

const outlineOnly: Signal[] = ['repeat'];

export function SignalGlyph({ signal, verdict }: { signal: Signal; verdict?: Verdict }): JSX.Element {
  return (
    <svg
      class={`glyph ${verdict ?? ''} ${outlineOnly.includes(signal) ? 'line' : ''}`}
      viewBox="0 0 16 16"
      aria-hidden="true"
    >
      {shapes[signal]}
    </svg>
  );
}

/// Verdicts of the comparison are drawn as those of the report that mean as much.
const alike = {
  worse: 'confirmed',
  better: 'fine',
  no_change_seen: 'none',
  too_few: 'inconclusive',
} as const;

/// Confirmed: full. Suspected: half. Inconclusive: hatched outline. Fine: a tick. None: a dash.
export function VerdictMark({ verdict }: { verdict: Verdict }): JSX.Element {
  return (
    <svg class={`mark ${verdict}`} viewBox="0 0 16 16" aria-hidden="true">
      {verdict === 'confirmed' && <path class="full" d="M8 1l7 7-7 7-7-7z" />}
      {verdict === 'suspected' && (
        <>
          <path class="line" d="M8 1.5l6.5 6.5L8 14.5 1.5 8z" />
          <path class="full" d="M8 1v14L1 8z" />
        </>
      )}
      {verdict === 'inconclusive' && (
        <>
          <path class="dash" d="M8 1.5l6.5 6.5L8 14.5 1.5 8z" />
          <path class="line" d="M5 8.5l3.5-3.5M7.5 11L11 7.5" />
        </>
      )}
      {verdict === 'fine' && <path class="line" d="M3 8.5l3.5 3.5L13 4.5" />}
      {verdict === 'none' && <path class="line" d="M4 8h8" />}
    </svg>
  );
}

export function VerdictBadge({ verdict }: { verdict: Verdict | keyof typeof alike }): JSX.Element {
  const mark = verdict in alike ? alike[verdict as keyof typeof alike] : (verdict as Verdict);
  return (
    <span class={`badge ${mark}`}>
      <VerdictMark verdict={mark} />
      {word('verdict', verdict)}
    </span>
  );
}

export const TruthMark = (): JSX.Element => (
  <svg class="truth" viewBox="0 0 16 16" aria-hidden="true">
    <path d="M8 0l1.9 5.3L15.5 5.5 11 9l1.6 5.5L8 11.2 3.4 14.5 5 9 .5 5.5l5.6-.2z" />
  </svg>
);

export const GoalMark = (): JSX.Element => (
  <svg class="goal" viewBox="0 0 16 16" aria-hidden="true">
    <path d="M3.5 15V1.5h9L10 5l2.5 3.5h-8" />
  </svg>
);
