// How a touchpoint is left over time: who is still there, and who has fallen silent, up to the horizon.

import type { JSX } from 'preact';
import type { Explanation } from '../api/types';
import { count, duration, interval, percent } from '../format';
import { t } from '../i18n';
import { ShareAxis } from './axis';
import { DataTable, Num } from '../widgets/bits';

const width = 720;
const height = 230;
const left = 44;
const right = 92;
const top = 12;
const bottom = 30;

const quarters = [0, 0.25, 0.5, 0.75, 1];
const rowsMost = 14;

export function LeavingCurve({
  curve,
  horizon,
  window,
}: {
  curve: Explanation['curve'];
  horizon: number;
  window: number | null;
}): JSX.Element {
  const end = Math.max(horizon, curve.at(-1)?.until_seconds ?? 0, 1);
  const x = (seconds: number): number => left + ((width - left - right) * seconds) / end;
  const y = (share: number): number => height - bottom - (height - top - bottom) * share;
  const steps = (pick: (at: Explanation['curve'][number]) => number, first: number): string => {
    let path = `M${x(0)} ${y(first)}`;
    for (const at of curve) path += `H${x(at.until_seconds).toFixed(1)}V${y(pick(at)).toFixed(1)}`;
    return `${path}H${x(end)}`;
  };
  const dropped = steps((at) => at.share, 0);
  const lows = [0, ...curve.map((at) => at.interval[0])];
  const back = curve.map((at, index) => `H${x(at.until_seconds).toFixed(1)}V${y(lows[index]!).toFixed(1)}`);
  const band = `${steps((at) => at.interval[1], 0)}V${y(lows.at(-1)!).toFixed(1)}${back.reverse().join('')}Z`;
  const lastDropped = curve.at(-1)?.share ?? 0;
  const lastThere = curve.at(-1)?.remaining ?? 1;
  const apart = Math.abs(y(lastDropped) - y(lastThere)) < 14;
  const every = Math.max(1, Math.ceil(curve.length / rowsMost));
  return (
    <figure class="figure">
      <svg
        class="curve"
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={t('curve.alt', {
          dropped: percent(lastDropped),
          there: percent(lastThere),
          time: duration(end),
        })}
      >
        <ShareAxis shares={quarters} y={y} left={left} right={width - right} />
        {quarters.map((part) => (
          <text key={part} class="axis" x={x(end * part)} y={height - 10} text-anchor="middle">
            {part === 0 ? '0' : duration(end * part)}
          </text>
        ))}
        {window !== null && window < end ? (
          <g>
            <line class="timer-line" x1={x(window)} x2={x(window)} y1={top} y2={height - bottom} />
            <text class="axis" x={x(window) + 5} y={top + 9}>
              {t('curve.window')}
            </text>
          </g>
        ) : null}
        <path class="dropped-area" d={`${dropped}V${y(0)}H${x(0)}Z`} />
        <path class="dropped-band" d={band} />
        <path class="dropped-line" d={dropped} />
        <path class="there-line" d={steps((at) => at.remaining, 1)} />
        <text class="dropped-label" x={width - right + 6} y={y(lastDropped) + (apart ? -6 : 4)}>
          {t('curve.dropped')}
        </text>
        <text class="there-label" x={width - right + 6} y={y(lastThere) + (apart ? 12 : 4)}>
          {t('curve.there')}
        </text>
      </svg>
      <figcaption>{t('curve.caption')}</figcaption>
      <details>
        <summary>{t('as_table')}</summary>
        <DataTable
          caption={t('curve.caption')}
          cols={[
            t('curve.until'),
            `#${t('curve.at_risk')}`,
            `#${t('curve.left')}`,
            `#${t('curve.dropped')}`,
            `#${t('interval95')}`,
            `#${t('curve.there')}`,
          ]}
        >
          {curve
            .filter((_, index) => index % every === 0 || index === curve.length - 1)
            .map((at) => (
              <tr key={at.until_seconds}>
                <th scope="row">{duration(at.until_seconds)}</th>
                <Num>{count(at.at_risk)}</Num>
                <Num>{count(at.left)}</Num>
                <Num>{percent(at.share)}</Num>
                <Num>{interval(at.interval)}</Num>
                <Num>{percent(at.remaining)}</Num>
              </tr>
            ))}
        </DataTable>
      </details>
    </figure>
  );
}
