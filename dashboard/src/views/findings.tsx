// Findings, in the report's order: verdict, then what is lost at least.

import type { JSX } from 'preact';
import { findingStates, signals, type FrictionReport, type IncidentReport } from '../api/types';
import { useData } from '../data';
import { count, estimate, percent } from '../format';
import { plural, t, word } from '../i18n';
import { go } from '../router';
import { Choice, Loaded, Stat, ViewHead } from '../widgets/bits';
import { reportParams, type ViewProps } from './context';
import { Filters } from './filters';
import { FindingItem } from './finding_item';
import { StateLine } from './finding_state';
import { goneFindings } from './mended';

const verdicts = ['confirmed', 'suspected', 'inconclusive'] as const;

export function FindingsView({ journey, query, latest, rights }: ViewProps): JSX.Element {
  const params = reportParams(journey.id, query, latest);
  const report = useData<FrictionReport>('/reports/friction', { ...params, by: query['by'] });
  const incidents = useData<IncidentReport>('/reports/incidents', {
    journey: journey.id,
    as_of: query['as_of'],
  });
  const set = (name: string, value: string): void =>
    go([journey.id, 'findings'], { ...query, [name]: value }, true);
  return (
    <>
      <ViewHead title={t('findings.title')}>{t('findings.lead')}</ViewHead>
      <div class="bar">
        <Filters
          journey={journey}
          parts={[journey.id, 'findings']}
          query={query}
          latest={report.value?.as_of ?? latest}
          use={{ period: true, by: true, channel: true, where: true, asOf: true }}
        />
      </div>
      <Loaded data={report}>
        {(value) => {
          const shown = value.findings.filter(
            (finding) =>
              (!query['verdict'] || finding.verdict === query['verdict']) &&
              (!query['signal'] || finding.signal === query['signal']) &&
              (!query['state'] || finding.state.state === query['state']),
          );
          const gone = goneFindings(value, query);
          const titleOf = (id: string): string =>
            journey.touchpoints.find((touchpoint) => touchpoint.id === id)?.title || id;
          const { currencies } = value;
          return (
            <>
              <dl class="stats">
                <Stat
                  label={t('currency.lost')}
                  value={estimate(currencies.customers_lost)}
                  sub={t('at_least', { n: estimate(currencies.customers_lost_low) })}
                  what={t('currency.lost.what')}
                  tone={currencies.customers_lost > 0 ? 'bad' : undefined}
                />
                <Stat
                  label={t('currency.unhappy')}
                  value={estimate(currencies.unhappy)}
                  sub={t('at_least', { n: estimate(currencies.unhappy_low) })}
                  what={t('currency.unhappy.what')}
                />
                <Stat
                  label={t('currency.hours')}
                  value={estimate(currencies.hours)}
                  what={t('currency.hours.what')}
                />
                <Stat
                  label={t('currency.value')}
                  value={journey.value ? estimate(currencies.value) : '–'}
                  what={t('currency.value.what')}
                />
                <Stat
                  label={t('currency.achieved')}
                  value={percent(value.instances ? value.achieved / value.instances : 0)}
                  sub={t('of_n', { x: count(value.achieved), n: count(value.instances) })}
                  what={t('currency.achieved.what')}
                />
              </dl>
              {value.history_matters ? (
                <p class="notice">
                  {t('findings.history', {
                    predicted: percent(value.achieved_predicted ?? 0),
                    observed: percent(value.achieved_observed ?? 0),
                  })}
                </p>
              ) : null}
              <div class="list-head">
                <p role="status">
                  {plural('findings.count', shown.length, count(shown.length))}{' '}
                  <span class="quiet">
                    {plural('findings.fine', value.judged_fine, count(value.judged_fine))}
                  </span>
                </p>
                <Choice
                  label={t('filter.verdict')}
                  value={query['verdict'] ?? ''}
                  onPick={(value) => set('verdict', value)}
                  options={[
                    ['', t('all')],
                    ...verdicts.map((verdict) => [verdict, word('verdict', verdict)] as const),
                  ]}
                />
                <Choice
                  label={t('filter.signal')}
                  value={query['signal'] ?? ''}
                  onPick={(value) => set('signal', value)}
                  options={[
                    ['', t('all')],
                    ...signals.map((signal) => [signal, word('signal', signal)] as const),
                  ]}
                />
                <Choice
                  label={t('filter.state')}
                  value={query['state'] ?? ''}
                  onPick={(value) => set('state', value)}
                  options={[
                    ['', t('all')],
                    ...findingStates.map((state) => [state, word('finding.state', state)] as const),
                  ]}
                />
              </div>
              <ol class="findings">
                {shown.map((finding) => (
                  <li key={finding.id}>
                    <FindingItem
                      finding={finding}
                      report={value}
                      journey={journey.id}
                      query={query}
                      onChanged={rights.reports ? report.reload : undefined}
                      incident={incidents.value?.incidents.find(
                        (incident) =>
                          incident.touchpoint === finding.touchpoint &&
                          incident.kind === 'drop_off' &&
                          finding.signal === 'drop_off',
                      )}
                    />
                  </li>
                ))}
              </ol>
              {shown.length === 0 ? <p class="notice">{t('findings.none')}</p> : null}
              {gone.length > 0 ? (
                <section class="section" aria-labelledby="mended">
                  <h2 id="mended">{t('findings.mended')}</h2>
                  {gone.map(({ finding, signal, touchpoint, part, state, since_mended }) => (
                    <div key={finding}>
                      <h3>
                        {[titleOf(touchpoint), part, word('signal', signal)].filter(Boolean).join(' · ')}
                      </h3>
                      <StateLine state={state} since={since_mended} />
                    </div>
                  ))}
                </section>
              ) : null}
              <section class="section" aria-labelledby="rests-on">
                <h2 id="rests-on">{t('findings.rests')}</h2>
                <ul class="prose">
                  <li>{t('rests.open')}</li>
                  <li>{t('rests.interval')}</li>
                  <li>
                    {t('rests.q', { q: percent(value.q) })}{' '}
                    {value.signals
                      .filter(({ tested }) => tested > 0)
                      .map((signal) =>
                        t('rests.signal', {
                          signal: word('signal', signal.signal),
                          tested: count(signal.tested),
                          shown: count(signal.shown),
                          false: estimate(signal.expected_false),
                        }),
                      )
                      .join(' ')}
                  </li>
                  {value.unattributed_feedback ? (
                    <li>
                      {plural(
                        'rests.unattributed',
                        value.unattributed_feedback,
                        count(value.unattributed_feedback),
                      )}
                    </li>
                  ) : null}
                  {value.parts_left_out ? (
                    <li>{plural('rests.left_out', value.parts_left_out, count(value.parts_left_out))}</li>
                  ) : null}
                </ul>
              </section>
            </>
          );
        }}
      </Loaded>
    </>
  );
}
