import type { JSX } from 'preact';
import { percent } from '../format';

/// Level lines of a chart of shares, each with its share at the left.
export const ShareAxis = ({
  shares,
  y,
  left,
  right,
}: {
  shares: number[];
  y: (share: number) => number;
  left: number;
  right: number;
}): JSX.Element => (
  <g>
    {shares.map((share) => (
      <g key={share}>
        <line class="grid" x1={left} x2={right} y1={y(share)} y2={y(share)} />
        <text class="axis" x={left - 7} y={y(share) + 4} text-anchor="end">
          {percent(Math.round(share * 1000) / 1000)}
        </text>
      </g>
    ))}
  </g>
);
