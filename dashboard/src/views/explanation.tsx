// All that a finding rests on.

import type { JSX } from 'preact';
import type { Explanation, FrictionReport, Signal } from '../api/types';
import { LeavingCurve } from '../charts/curve';
import { useData } from '../data';
import { explained } from '../explained';
import { count, decimal, moment, percent } from '../format';
import { t, word } from '../i18n';
import { viewHref, touchpointHref, customerHref } from '../links';
import { DataTable, Loaded, Num, Quiet, Section, ViewHead } from '../widgets/bits';
import { reportParams, type ViewProps } from './context';
import { FindingItem } from './finding_item';
import { StateHistory } from './finding_state';

const casesMost = 60;

export function ExplanationView({ journey, query, id = '', latest, rights }: ViewProps): JSX.Element {
  const params = reportParams(journey.id, query, latest);
  const asked = { ...params, by: query['by'] };
  const explanation = useData<Explanation>('/reports/explanation', { ...asked, finding: id });
  const report = useData<FrictionReport>('/reports/friction', asked);
  const finding = report.value?.findings.find((found) => found.id === id);
  const [signal = '', touchpoint = ''] = id.split(':');
  const row = report.value?.touchpoints.find((found) => found.touchpoint === touchpoint);
  const title = row?.title || touchpoint;
  const lines = (texts: string[]): JSX.Element => (
    <ul class="prose">
      {texts.map((text) => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  );
  return (
    <>
      <p class="crumbs">
        <a href={viewHref(journey.id, 'findings', query)}>{t('nav.findings')}</a> ›{' '}
        {touchpoint ? (
          <a href={touchpointHref(journey.id, touchpoint, query)}>{title}</a>
        ) : (
          t('finding.overall')
        )}
      </p>
      <ViewHead
        title={
          <>
            {title}: {word('signal', signal)}
          </>
        }
      >
        {t('explanation.lead')}
      </ViewHead>
      {finding && report.value ? (
        <>
          <FindingItem
            finding={finding}
            report={report.value}
            journey={journey.id}
            query={query}
            onChanged={rights.reports ? report.reload : undefined}
          />
          <StateHistory key={finding.state.at} id={id} by={report.value.by ?? ''} journey={journey.id} />
        </>
      ) : null}
      <Loaded data={explanation}>
        {(value) => {
          const words = explained(value.figures, {
            signal: signal as Signal,
            verdict: value.verdict,
            asOf: value.as_of,
          });
          return (
            <>
              {value.curve.length > 0 && row ? (
                <Section title={t('curve.title')} what={t('curve.what')}>
                  <LeavingCurve
                    curve={value.curve}
                    horizon={row.horizon_seconds}
                    window={row.window_seconds}
                  />
                </Section>
              ) : null}
              <Section title={t('explanation.counted')}>
                {lines([...words.population, ...words.counted])}
              </Section>
              <Section title={t('explanation.baseline')}>
                {lines([words.baseline])}
                {value.peers.length ? (
                  <DataTable
                    caption={t('explanation.peers')}
                    hidden={false}
                    narrow
                    cols={[
                      t('explanation.cell'),
                      `#${t('share')}`,
                      `#${t('explanation.cases')}`,
                      `#${t('explanation.worth')}`,
                    ]}
                  >
                    {value.peers.map((peer) => (
                      <tr key={peer.cell}>
                        <th scope="row">{peer.cell}</th>
                        <Num>{peer.n_eff > 0 ? percent(peer.x / peer.n_eff) : '–'}</Num>
                        <Num>{decimal(peer.x, 1)}</Num>
                        <Num>{decimal(peer.n_eff, 1)}</Num>
                      </tr>
                    ))}
                  </DataTable>
                ) : null}
              </Section>
              {words.tested.length ? (
                <Section title={t('explanation.tested')}>{lines(words.tested)}</Section>
              ) : null}
              <Section title={t('explanation.cases_title', { n: count(value.cases.length) })}>
                {value.cases.some(({ customer }) => customer !== null) && rights.customers ? (
                  <ol class="cases">
                    {value.cases.slice(0, casesMost).map(({ when, customer }) => (
                      <li key={`${customer}${when}`}>
                        {customer ? <a href={customerHref(customer)}>{customer}</a> : '–'}{' '}
                        <span class="quiet">{moment(when)}</span>
                      </li>
                    ))}
                  </ol>
                ) : (
                  <Quiet>{t('explanation.hidden')}</Quiet>
                )}
                {value.cases.length > casesMost && value.cases[0]?.customer ? (
                  <Quiet>{t('explanation.more', { n: count(value.cases.length - casesMost) })}</Quiet>
                ) : null}
              </Section>
            </>
          );
        }}
      </Loaded>
    </>
  );
}
