// Week by week: the share with its interval, how many came, and the incidents that were noticed.

import type { JSX } from 'preact';
import type { Incident, TrendReport } from '../api/types';
import { compact, count, dayShort, interval as intervalText, percent } from '../format';
import { t } from '../i18n';
import { ShareAxis } from './axis';
import { DataTable, Num } from '../widgets/bits';

type Week = TrendReport['points'][number];

const width = 720;
const height = 220;
const left = 44;
const right = 16;
const top = 26;
const middle = 150;
const foot = 196;

export function Trend({
  weeks,
  incidents,
  what,
}: {
  weeks: Week[];
  incidents: Incident[];
  what: string;
}): JSX.Element {
  const first = Date.parse(weeks[0]!.from);
  const last = Date.parse(weeks.at(-1)!.to);
  const x = (time: number): number =>
    left + ((width - left - right) * (Math.min(Math.max(time, first), last) - first)) / (last - first);
  const told = weeks.flatMap(({ rate, interval, ...week }) =>
    rate === null || interval === null ? [] : [{ ...week, rate, interval }],
  );
  const most = Math.min(
    1,
    Math.max(0.05, ...told.map((week) => Math.min(week.interval[1], week.rate * 2 + 0.05))) * 1.1,
  );
  const y = (share: number): number => middle - (middle - top) * Math.min(1, share / most);
  const busiest = Math.max(1, ...weeks.map((week) => week.entered));
  const mid = (week: { from: string; to: string }): number =>
    x((Date.parse(week.from) + Date.parse(week.to)) / 2);
  const shown = incidents.filter(
    (incident) =>
      Date.parse(incident.closed ?? weeks.at(-1)!.to) > first && Date.parse(incident.started) < last,
  );
  return (
    <figure class="figure">
      <svg class="trend" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={t('trend.alt', { what })}>
        {shown.map((incident) => {
          const from = x(Date.parse(incident.started));
          const to = x(Date.parse(incident.closed ?? weeks.at(-1)!.to));
          return (
            <g key={incident.id}>
              <rect
                class="incident"
                x={from}
                width={Math.max(3, to - from)}
                y={top - 8}
                height={foot - top + 8}
              />
              <text class="incident-label" x={Math.min(to, width - right)} y={top - 12}>
                {t(incident.kind === 'silence' ? 'incident.short.silence' : 'incident.short.drop_off')}
              </text>
            </g>
          );
        })}
        <ShareAxis shares={[0, most / 2, most]} y={y} left={left} right={width - right} />
        <path
          class="trend-line"
          d={told
            .map((week, index) => `${index ? 'L' : 'M'}${mid(week).toFixed(1)} ${y(week.rate).toFixed(1)}`)
            .join('')}
        />
        {told.map((week) => (
          <g key={week.from} class={week.mature < week.entered ? 'young' : ''}>
            <line
              class="whisker"
              x1={mid(week)}
              x2={mid(week)}
              y1={y(week.interval[0])}
              y2={y(week.interval[1])}
            />
            <circle class="spot" cx={mid(week)} cy={y(week.rate)} r="4.5" />
          </g>
        ))}
        {weeks.map((week) => {
          const tall = ((foot - middle - 18) * week.entered) / busiest;
          return (
            <rect key={week.from} class="came" x={mid(week) - 13} width="26" y={foot - tall} height={tall} />
          );
        })}
        {weeks.map((week) => (
          <text key={week.from} class="axis" x={mid(week)} y={foot + 15} text-anchor="middle">
            {dayShort(week.from)}
          </text>
        ))}
        <text class="axis" x={left - 7} y={foot - 4} text-anchor="end">
          {compact(busiest)}
        </text>
      </svg>
      <figcaption>{t('trend.caption', { what })}</figcaption>
      <details>
        <summary>{t('as_table')}</summary>
        <DataTable
          caption={t('trend.alt', { what })}
          cols={[t('trend.week'), `#${t('map.col_came')}`, `#${what}`, `#${t('interval95')}`]}
        >
          {weeks.map((week) => (
            <tr key={week.from}>
              <th scope="row">{dayShort(week.from)}</th>
              <Num>{count(week.entered)}</Num>
              <Num>
                {week.rate === null ? '–' : percent(week.rate)}
                {week.mature < week.entered ? ` (${t('trend.young')})` : ''}
              </Num>
              <Num>{week.interval === null ? '–' : intervalText(week.interval)}</Num>
            </tr>
          ))}
        </DataTable>
      </details>
    </figure>
  );
}
