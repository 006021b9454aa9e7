// The emotional curve: the share of answers that are not negative, by stage, with its interval; touchpoints as dots.

import type { JSX } from 'preact';
import { percent } from '../format';
import { t } from '../i18n';
import type { Layout } from './layout';
import type { Emotion } from './model';

export const emotionHeight = 150;
const top = 22;
const bottom = 128;

export function EmotionCurve({ layout, emotions }: { layout: Layout; emotions: Emotion[] }): JSX.Element {
  const base = layout.height;
  // From the lowest end of an interval, in tens of percent; at least the upper half is shown, and the axis says so.
  const lows = emotions.flatMap(({ n, interval, touchpoints }) =>
    n ? [interval[0], ...touchpoints.map((at) => at.interval[0])] : [],
  );
  const least = Math.max(0, Math.min(0.5, Math.floor(Math.min(...lows, 1) * 10) / 10));
  const y = (share: number): number => base + bottom - ((bottom - top) * (share - least)) / (1 - least);
  const spots = emotions.flatMap((emotion) => {
    const band = layout.stages.find((stage) => stage.name === emotion.stage);
    return band ? [{ ...emotion, left: band.x, right: band.x + band.width, x: band.x + band.width / 2 }] : [];
  });
  const answered = spots.filter((spot) => spot.n > 0);
  const line = answered
    .map((spot, index) => {
      const before = answered[index - 1];
      const at = y(spot.content);
      if (!before) return `M${spot.left} ${at}H${spot.right}`;
      const bend = (spot.left - before.right) / 2;
      return `C${before.right + bend} ${y(before.content)} ${spot.left - bend} ${at} ${spot.left} ${at}H${spot.right}`;
    })
    .join('');
  return (
    <g class="emotion">
      {[least, (1 + least) / 2, 1].map((share) => (
        <g key={share}>
          <line class="emotion-grid" x1="0" x2={layout.width} y1={y(share)} y2={y(share)} />
          <text class="emotion-axis" x="4" y={y(share) - 4}>
            {percent(Math.round(share * 100) / 100)}
            {share === 1 ? ` ${t('map.content')}` : ''}
          </text>
        </g>
      ))}
      {spots.map((spot) =>
        spot.n === 0 ? (
          <text key={spot.stage} class="emotion-none" x={spot.x} y={y((1 + least) / 2) - 6}>
            {t('map.no_answers')}
          </text>
        ) : (
          <rect
            key={spot.stage}
            class="emotion-band"
            x={spot.left}
            width={spot.right - spot.left}
            y={y(spot.interval[1])}
            height={Math.max(1.5, y(spot.interval[0]) - y(spot.interval[1]))}
          />
        ),
      )}
      <path class="emotion-line" d={line} />
      {spots.flatMap((spot) =>
        spot.touchpoints.map((touchpoint) => {
          const placed = layout.placed.get(touchpoint.id)!;
          const x = placed.x + placed.width / 2;
          return (
            <g key={touchpoint.id} class={touchpoint.n < 20 ? 'few' : ''}>
              <line
                class="emotion-whisker"
                x1={x}
                x2={x}
                y1={y(touchpoint.interval[0])}
                y2={y(touchpoint.interval[1])}
              />
              <circle class="emotion-dot" cx={x} cy={y(touchpoint.content)} r="4.5" />
            </g>
          );
        }),
      )}
      {answered.map((spot) => (
        <text key={spot.stage} class="emotion-value" x={spot.left + 96} y={y(spot.content) - 10}>
          {percent(spot.content)}
        </text>
      ))}
    </g>
  );
}
