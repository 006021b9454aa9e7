// One finding, wherever it is listed.

import type { JSX } from 'preact';
import type { Finding, FrictionReport, Incident } from '../api/types';
import { interval, percent } from '../format';
import { t, word } from '../i18n';
import { touchpointHref, findingHref } from '../links';
import {
  against,
  concentration,
  consequences,
  driver,
  incidentSentence,
  sample,
  subject,
} from '../sentences';
import { IntervalBar, What } from '../widgets/bits';
import { SignalGlyph, VerdictBadge } from '../widgets/glyphs';
import { StateForm, StateLine } from './finding_state';

/// The scale of a finding's bar: round, and wide enough for the interval.
const scaleFor = (high: number): number => [0.1, 0.25, 0.5, 1].find((end) => high <= end) ?? 1;

export function FindingItem({
  finding,
  report,
  journey,
  query,
  incident,
  level = 'h2',
  onChanged,
}: {
  finding: Finding;
  report: FrictionReport;
  journey: string;
  query: Record<string, string>;
  incident?: Incident | undefined;
  level?: 'h2' | 'h3';
  onChanged?: (() => void) | undefined; ///< something was said of it; left out: nothing can be
}): JSX.Element {
  const { judgement } = finding;
  const Heading = level;
  const title = (id: string): string => report.touchpoints.find((row) => row.touchpoint === id)?.title ?? id;
  const details = [
    ...(finding.concentrates?.found ?? []).map(concentration),
    ...(finding.drivers?.found ?? []).map((found) => driver(found, finding.drivers!.landmarks, title)),
  ].filter(Boolean);
  const most = scaleFor(Math.max(judgement.interval[1], judgement.baseline ?? 0));
  return (
    <article class={`finding ${finding.verdict}`}>
      <div class="finding-side">
        <VerdictBadge verdict={finding.verdict} />
      </div>
      <div class="finding-main">
        <Heading class="finding-title">
          <SignalGlyph signal={finding.signal} verdict={finding.verdict} />{' '}
          {finding.touchpoint ? (
            <a href={touchpointHref(journey, finding.touchpoint, query)}>{subject(finding, report)}</a>
          ) : (
            subject(finding, report)
          )}
          <span class="finding-signal">{word('signal', finding.signal)}</span>
        </Heading>
        <p class="finding-figure">
          <strong>{percent(judgement.rate)}</strong> <span class="quiet">{interval(judgement.interval)}</span>{' '}
          <IntervalBar
            rate={judgement.rate}
            interval={judgement.interval}
            baseline={judgement.baseline}
            most={most}
            hollow={finding.verdict === 'inconclusive'}
          />{' '}
          {against(finding)} <span class="quiet">({sample(finding, report)})</span>{' '}
          <What text={word('signal.what', finding.signal)} />
        </p>
        <p>{consequences(finding).join(' ')}</p>
        {details.length ? (
          <ul class="details">
            {details.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        ) : null}
        <StateLine state={finding.state} since={finding.since_mended} />
        <p class="quiet finding-foot">
          {finding.owner ? `${t('owner')}: ${finding.owner} · ` : ''}
          {incident ? (
            <>
              {t(incident.closed ? 'state.over' : 'state.open')}: {incidentSentence(incident)} ·{' '}
            </>
          ) : null}
          <a href={findingHref(journey, finding.id, query)}>{t('finding.explain')}</a>
        </p>
        {onChanged ? (
          <StateForm
            id={finding.id}
            by={report.by ?? ''}
            journey={journey}
            state={finding.state}
            onChanged={onChanged}
          />
        ) : null}
      </div>
    </article>
  );
}
