// Period, cut, channel and condition; all of it lives in the address.

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Journey, Segments } from '../api/types';
import { useData } from '../data';
import { day, moment } from '../format';
import { t } from '../i18n';
import { go } from '../router';
import { Choice } from '../widgets/bits';
import { quoted } from './context';

export interface FilterProps {
  journey: Journey;
  parts: string[];
  query: Record<string, string>;
  latest: string | undefined;
  /// Which of the filters the view can use.
  use: {
    period?: boolean;
    by?: boolean;
    channel?: boolean;
    where?: boolean;
    asOf?: boolean;
    segmentsOnly?: boolean;
  };
}

const presets = ['-7d', '-28d', '-90d'];

/// A day of a date field, and back: what is in the address may also be an instant.
const asDay = (text: string | undefined): string =>
  text && /^\d{4}-\d\d-\d\d/.test(text) ? text.slice(0, 10) : '';

export function Filters({ journey, parts, query, latest, use }: FilterProps): JSX.Element {
  const set = (changes: Record<string, string | undefined>): void =>
    go(parts, { ...query, ...changes } as Record<string, string>, true);
  // They cost as much as a report: asked for where a condition is about to be written.
  const [typing, setTyping] = useState(false);
  const segments = useData<Segments>(
    typing && journey.segments.length ? `/journeys/${encodeURIComponent(journey.id)}/segments` : null,
  );
  const period =
    query['custom'] || query['to'] || (query['from'] && !presets.includes(query['from']))
      ? 'custom'
      : (query['from'] ?? '');
  const field = (name: string, label: string): JSX.Element => (
    <label>
      {label}
      <input
        type="date"
        value={asDay(query[name])}
        onChange={(event) => set({ [name]: event.currentTarget.value, custom: query['custom'] })}
      />
    </label>
  );
  const used = ['from', 'to', 'by', 'channel', 'where', 'as_of'].some((name) => query[name]);
  return (
    <details class="filter-box" open={used || innerWidth >= 700}>
      <summary>{t('filter.label')}</summary>
      <form class="filters" aria-label={t('filter.label')} onSubmit={(event) => event.preventDefault()}>
        {use.period ? (
          <Choice
            label={t('filter.period')}
            value={period}
            options={[
              ['', t('filter.all')],
              ...presets.map((preset) => [preset, t(`filter.${preset}` as 'filter.-7d')] as const),
              ['custom', t('filter.custom')],
            ]}
            onPick={(chosen) =>
              set(chosen === 'custom' ? { custom: '1' } : { from: chosen, to: undefined, custom: undefined })
            }
          />
        ) : null}
        {use.period && period === 'custom' ? (
          <>
            {field('from', t('from'))}
            {field('to', t('filter.before'))}
          </>
        ) : null}
        {use.by ? (
          <Choice
            label={t('filter.by')}
            value={query['by'] ?? ''}
            onPick={(by) => set({ by })}
            options={[
              ['', t('filter.whole')],
              ...(use.segmentsOnly
                ? []
                : ([
                    ['channel', t('channel')],
                    ['promise', t('promise')],
                  ] as const)),
              ...journey.segments.map(({ name }) => [name, name] as const),
            ]}
          />
        ) : null}
        {use.channel ? (
          <Choice
            label={t('channel')}
            value={query['channel'] ?? ''}
            onPick={(channel) => set({ channel })}
            options={[
              ['', t('filter.any')],
              ...journey.channels.map(({ id, title }) => [id, title] as const),
            ]}
          />
        ) : null}
        {use.where ? (
          <label class="grow">
            {t('filter.where')}
            <input
              type="text"
              value={query['where'] ?? ''}
              spellcheck={false}
              autocomplete="off"
              placeholder={
                journey.segments[0] ? `segments.${journey.segments[0].name} == "…"` : 'channel != "store"'
              }
              list="conditions"
              onFocus={() => setTyping(true)}
              onChange={(event) => set({ where: event.currentTarget.value.trim() })}
            />
            <datalist id="conditions">
              {segments.value?.segments.flatMap(({ name, values }) =>
                values.map((value) => {
                  const condition = `segments.${name} == ${quoted(value)}`;
                  return <option key={condition} value={condition} />;
                }),
              )}
            </datalist>
          </label>
        ) : null}
        {use.asOf ? field('as_of', t('filter.as_of')) : null}
        <p class="as-of quiet">
          {latest ? t('filter.latest', { time: query['as_of'] ? day(query['as_of']) : moment(latest) }) : ''}
          {used ? (
            <>
              {' '}
              <button type="button" class="plain-button" onClick={() => go(parts, {}, true)}>
                {t('filter.clear')}
              </button>
            </>
          ) : null}
        </p>
      </form>
    </details>
  );
}
