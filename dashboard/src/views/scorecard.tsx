// One page: what customers met, beside what it was worth.

import type { JSX } from 'preact';
import type { Estimate, Interval, KpiReport, Scale, Scorecard, ScorecardRow } from '../api/types';
import { useData } from '../data';
import { count, decimal, estimate, interval, percent, points, pointsRange, range } from '../format';
import { t, word } from '../i18n';
import { DataTable, Loaded, Num, Section, Stat, Sub, TableScroll, ViewHead } from '../widgets/bits';
import { reportParams, type ViewProps } from './context';
import { Filters } from './filters';

const figure = (scale: Scale, headline: number): string =>
  scale === 'nps' ? decimal(headline, 0) : percent(headline);
const figureRange = (scale: Scale, found: Interval): string =>
  scale === 'nps' ? range(found, 0) : interval(found);

const name = (row: ScorecardRow): string =>
  row.level === 'journey' ? t('scorecard.whole') : row.level === 'stage' ? row.name : row.part;

const Share = ({ found }: { found: Estimate | null }): JSX.Element =>
  found === null ? <Num>–</Num> : <Num sub={interval(found.interval)}>{percent(found.rate)}</Num>;

const per100 = (some: number, journeys: number): string =>
  journeys ? decimal((100 * some) / journeys, 1) : '–';
const told = (value: number | null, write: (value: number) => string): string =>
  value === null ? '–' : write(value);

function Table({
  title,
  rows,
  scale,
  first,
}: {
  title: string;
  rows: ScorecardRow[];
  scale: Scale | null;
  first: string;
}): JSX.Element {
  const met = [
    t('scorecard.journeys'),
    scale ? word('scale.short', scale) : t('scorecard.score'),
    t('scorecard.negative'),
    word('signal', 'drop_off'),
    t('scorecard.waiting'),
    t('scorecard.late'),
    t('scorecard.tasks'),
    t('scorecard.again'),
  ];
  const worth = [
    t('scorecard.goal'),
    t('scorecard.won'),
    t('scorecard.lost'),
    t('scorecard.cost'),
    t('scorecard.churn'),
    t('scorecard.clv'),
  ];
  return (
    <TableScroll label={title}>
      <table class="list scorecard">
        <caption>{title}</caption>
        <thead>
          <tr>
            <td />
            <th scope="colgroup" colSpan={met.length} class="group">
              {t('scorecard.experience')}
            </th>
            <th scope="colgroup" colSpan={worth.length} class="group">
              {t('scorecard.business')}
            </th>
          </tr>
          <tr>
            <th scope="col">{first}</th>
            {[...met, ...worth].map((col) => (
              <th key={col} scope="col" class="num">
                {col}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const { experience, business } = row;
            return (
              <tr key={`${row.name}/${row.part}`}>
                <th scope="row">{name(row)}</th>
                <Num sub={row.open ? t('scorecard.open', { n: count(row.open) }) : null}>
                  {count(row.journeys)}
                </Num>
                {experience.score && scale ? (
                  <Num sub={figureRange(scale, experience.score.interval)}>
                    {figure(scale, experience.score.headline)}
                  </Num>
                ) : (
                  <Num>–</Num>
                )}
                {experience.answers ? (
                  <Num sub={t('sample.answers', { n: count(experience.answers) })}>
                    {percent(experience.negative / experience.answers)}
                  </Num>
                ) : (
                  <Num>–</Num>
                )}
                <Share found={experience.dropped} />
                <Num sub={t('scorecard.of_hours', { n: decimal(experience.hours, 0) })}>
                  {decimal(experience.hours_waiting, 1)}
                </Num>
                <Share found={experience.broken_promise} />
                <Num>{per100(experience.handovers, row.journeys)}</Num>
                <Num>{per100(experience.repeats + experience.returns, row.journeys)}</Num>
                <Share found={business.achieved} />
                <Num>{told(business.value_achieved, count)}</Num>
                <Num>{told(business.value_lost, count)}</Num>
                <Num>
                  {business.handover_cost !== null && business.handovers_without_cost ? '≥ ' : ''}
                  {told(business.handover_cost, count)}
                </Num>
                <Num>{told(business.churn_by_90_days, percent)}</Num>
                <Num>{told(business.lifetime_value, (value) => decimal(value, 2))}</Num>
              </tr>
            );
          })}
        </tbody>
      </table>
    </TableScroll>
  );
}

export function ScorecardView({ journey, query, latest }: ViewProps): JSX.Element {
  const params = reportParams(journey.id, query, latest);
  const { from, to, as_of: asOf } = params;
  const segment = journey.segments.some(({ name: found }) => found === query['by']) ? query['by'] : undefined;
  const card = useData<Scorecard>('/reports/scorecard', {
    journey: journey.id,
    from,
    to,
    as_of: asOf,
    by: segment,
  });
  const kpi = useData<KpiReport>('/reports/kpi', {
    journey: journey.id,
    from,
    to,
    as_of: asOf,
  });
  return (
    <>
      <ViewHead title={t('scorecard.title')}>{t('scorecard.lead')}</ViewHead>
      <div class="bar">
        <Filters
          journey={journey}
          parts={[journey.id, 'scorecard']}
          query={query}
          latest={card.value?.as_of ?? latest}
          use={{ period: true, by: true, segmentsOnly: true, asOf: true }}
        />
      </div>
      <Loaded data={card}>
        {(value) => {
          const whole = value.rows.find(({ level }) => level === 'journey');
          const scores = kpi.value?.rows.find(({ level }) => level === 'journey')?.scores ?? [];
          const names = [
            ...new Set(value.rows.filter(({ level }) => level === 'segment').map((row) => row.name)),
          ];
          return (
            <>
              <dl class="stats">
                {scores.map((score) => (
                  <Stat
                    key={score.scale}
                    label={word('scale.short', score.scale)}
                    value={figure(score.scale, score.headline)}
                    sub={`${figureRange(score.scale, score.interval)} · ${t('sample.answers', { n: count(score.responses) })}`}
                    what={`${word('scale.what', score.scale)} ${from ? '' : t('scorecard.last28')}`}
                  />
                ))}
                {whole?.experience.dropped ? (
                  <Stat
                    label={word('signal', 'drop_off')}
                    value={percent(whole.experience.dropped.rate)}
                    sub={interval(whole.experience.dropped.interval)}
                    what={t('scorecard.drop.what')}
                  />
                ) : null}
                {whole ? (
                  <Stat
                    label={t('scorecard.waiting')}
                    value={t('unit.hours', { n: decimal(whole.experience.hours_waiting, 1) })}
                    what={t('scorecard.waiting.what')}
                  />
                ) : null}
                {whole?.business.achieved ? (
                  <Stat
                    label={t('scorecard.goal')}
                    value={percent(whole.business.achieved.rate)}
                    sub={interval(whole.business.achieved.interval)}
                    what={t('scorecard.goal.what')}
                  />
                ) : null}
                {whole && whole.business.value_achieved !== null ? (
                  <Stat
                    label={t('scorecard.won')}
                    value={count(whole.business.value_achieved)}
                    sub={t('scorecard.lost_sub', { n: count(whole.business.value_lost ?? 0) })}
                    what={t('scorecard.won.what')}
                  />
                ) : null}
                {whole ? (
                  <Stat
                    label={t('scorecard.cost')}
                    value={whole.business.handover_cost === null ? '–' : count(whole.business.handover_cost)}
                    sub={
                      value.teams_without_cost.length
                        ? t('scorecard.no_cost', { teams: value.teams_without_cost.join(', ') })
                        : undefined
                    }
                    what={t('scorecard.cost.what')}
                  />
                ) : null}
                {whole && whole.business.lifetime_value !== null ? (
                  <Stat
                    label={t('scorecard.clv')}
                    value={decimal(whole.business.lifetime_value, 2)}
                    sub={
                      whole.business.churn_by_90_days === null
                        ? undefined
                        : t('scorecard.churn_sub', { rate: percent(whole.business.churn_by_90_days) })
                    }
                    what={t('scorecard.clv.what')}
                  />
                ) : null}
              </dl>
              <section class="section">
                <h2>{t('scorecard.by_stage')}</h2>
                <Table
                  title={t('scorecard.by_stage')}
                  first={t('declared.stage')}
                  scale={value.scale}
                  rows={value.rows.filter(({ level }) => level !== 'segment')}
                />
              </section>
              {names.length ? (
                <section class="section">
                  <h2>{t('scorecard.by_segment')}</h2>
                  {names.map((found) => (
                    <Table
                      key={found}
                      title={found}
                      first={found}
                      scale={value.scale}
                      rows={value.rows.filter((row) => row.level === 'segment' && row.name === found)}
                    />
                  ))}
                </section>
              ) : null}
              <Section title={t('scorecard.together')} what={t('scorecard.together.what')}>
                <DataTable
                  caption={t('scorecard.together')}
                  cols={[
                    t('scorecard.contrast'),
                    `#${t('scorecard.with')}`,
                    `#${t('scorecard.without')}`,
                    `#${t('scorecard.goal')}`,
                    `#${t('compare.difference')}`,
                  ]}
                >
                  {value.comparisons.map((found) => (
                    <tr key={`${found.contrast}${found.landmark_days}`}>
                      <th scope="row">
                        {word('contrast', found.contrast)}
                        {found.landmark_days !== null ? (
                          <Sub>{t('scorecard.landmark', { n: decimal(found.landmark_days, 1) })}</Sub>
                        ) : null}
                      </th>
                      <Num>{count(found.with)}</Num>
                      <Num>{count(found.without)}</Num>
                      <Num>
                        {found.achieved
                          ? `${percent(found.achieved.with)} / ${percent(found.achieved.without)}`
                          : t('scorecard.too_few')}
                      </Num>
                      {found.achieved ? (
                        <Num sub={pointsRange(found.achieved.interval)}>
                          {points(found.achieved.difference)}
                        </Num>
                      ) : (
                        <Num>–</Num>
                      )}
                    </tr>
                  ))}
                </DataTable>
              </Section>
              {value.median_days !== null ? (
                <p class="quiet section">{t('scorecard.median', { n: estimate(value.median_days) })}</p>
              ) : null}
            </>
          );
        }}
      </Loaded>
    </>
  );
}
