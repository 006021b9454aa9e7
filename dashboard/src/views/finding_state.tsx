// What a team says of a finding: its state, whether what is claimed mended is better, and a form to say more.

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { findingStates, type FindingHistory, type FindingStanding, type SinceMended } from '../api/types';
import { useSend } from '../commands';
import { useData } from '../data';
import { day, moment } from '../format';
import { t, word } from '../i18n';
import { mended } from '../sentences';
import { Section } from '../widgets/bits';

const noteMost = 500;

const isNotBetter = (since: SinceMended | null): boolean =>
  since?.verdict === 'worse' || since?.verdict === 'no_difference';

/// `Claimed mended, not better`, with who said so; nothing while it is open.
export function StateLine({
  state,
  since,
}: {
  state: FindingStanding;
  since: SinceMended | null;
}): JSX.Element | null {
  if (state.state === 'open') return null;
  return (
    <p class={`finding-state${isNotBetter(since) ? ' bad' : ''}`}>
      <strong>
        {word('finding.state', state.state)}
        {since ? `, ${word('finding.mended', since.verdict)}` : ''}
      </strong>{' '}
      <span class="quiet">
        ({state.by}, {day(state.at!)})
      </span>
      {state.note ? ` ${state.note}` : ''}
      {since ? <span class="finding-since">{mended(since)}</span> : null}
    </p>
  );
}

/// Opens beneath a finding.
export function StateForm({
  id,
  by,
  journey,
  state,
  onChanged,
}: {
  id: string;
  by: string; ///< what the report is cut by; empty: nothing
  journey: string;
  state: FindingStanding;
  onChanged: () => void;
}): JSX.Element {
  const [next, setNext] = useState<string>(state.state === 'open' ? 'seen' : state.state);
  const [note, setNote] = useState('');
  const [told, setTold] = useState('');
  const { send, busy } = useSend();
  const path = `/findings/${encodeURIComponent(id)}/state?${new URLSearchParams({ journey, by }).toString()}`;
  const submit = (event: Event): void => {
    event.preventDefault();
    send(path, { state: next, note: note.trim() }, (problem) => {
      setTold(problem ? problem.detail || t('error.offline') : t('finding.changed'));
      if (problem) return;
      setNote('');
      onChanged();
    });
  };
  return (
    <details class="finding-change">
      <summary>
        {t('finding.change')}
        <span class="hidden">: {id}</span>
      </summary>
      <form class="stack" onSubmit={submit}>
        <label for={`state-${id}`}>{t('filter.state')}</label>
        <select id={`state-${id}`} value={next} onChange={(event) => setNext(event.currentTarget.value)}>
          {findingStates.map((one) => (
            <option key={one} value={one}>
              {word('finding.state', one)}
            </option>
          ))}
        </select>
        <label for={`note-${id}`}>{t('finding.note')}</label>
        <input
          id={`note-${id}`}
          maxLength={noteMost}
          value={note}
          onInput={(event) => setNote(event.currentTarget.value)}
        />
        <button type="submit" disabled={busy}>
          {t('finding.save')}
        </button>
      </form>
      <p class="told" role="status">
        {told}
      </p>
    </details>
  );
}

/// All that was said, of an explanation.
export function StateHistory({
  id,
  by,
  journey,
}: {
  id: string;
  by: string;
  journey: string;
}): JSX.Element | null {
  const history = useData<FindingHistory>(`/findings/${encodeURIComponent(id)}/states`, { journey, by });
  const changes = history.value?.changes ?? [];
  if (changes.length === 0) return null;
  return (
    <Section title={t('finding.history')}>
      <ol class="prose">
        {changes.map((change) => (
          <li key={change.at}>
            {moment(change.at)}, {change.by}: <strong>{word('finding.state', change.state)}</strong>
            {change.since && change.since !== change.at
              ? ` (${t('finding.since', { day: moment(change.since) })})`
              : ''}
            {change.note ? `. ${change.note}` : ''}
          </li>
        ))}
      </ol>
    </Section>
  );
}
