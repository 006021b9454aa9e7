// Numbers, shares, times and durations in the reader's language.

import type { Interval } from './api/types';
import { currentLanguage, t } from './i18n';

const number = (value: number, options: Intl.NumberFormatOptions): string =>
  new Intl.NumberFormat(currentLanguage(), options).format(value);

export const count = (value: number): string => number(value, { maximumFractionDigits: 0 });

/// A count that is an estimate: whole numbers, one decimal below ten.
export const estimate = (value: number): string =>
  number(value, { maximumFractionDigits: Math.abs(value) < 10 ? 1 : 0 });

export const decimal = (value: number, digits = 2): string =>
  number(value, { minimumFractionDigits: digits, maximumFractionDigits: digits });

export const compact = (value: number): string =>
  Math.abs(value) < 10000
    ? count(value)
    : number(value, { notation: 'compact', maximumSignificantDigits: 3 });

/// A share in 0 to 1, with one decimal; an exact 0 or 1 has none.
export const percent = (share: number): string =>
  number(share, {
    style: 'percent',
    ...(share === 0 || share === 1 ? {} : { minimumFractionDigits: 1, maximumFractionDigits: 1 }),
  });

/// `[14.4, 16.8]`: of a share, in percent.
export const interval = ([low, high]: Interval): string =>
  `[${decimal(low * 100, 1)}${listGap()}${decimal(high * 100, 1)}]`;

const listGap = (): string => (currentLanguage() === 'de' ? '; ' : ', ');

/// A plain interval of figures that are no shares.
export const range = ([low, high]: Interval, digits = 1): string =>
  `[${decimal(low, digits)}${listGap()}${decimal(high, digits)}]`;

const signed = (value: number, digits: number): string =>
  number(value, { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: 'exceptZero' });

/// A difference of shares, in percentage points.
export const points = (difference: number): string => t('unit.points', { n: signed(difference * 100, 1) });

export const pointsRange = ([low, high]: Interval): string =>
  `[${signed(low * 100, 1)}${listGap()}${signed(high * 100, 1)}]`;

export const probability = (p: number): string =>
  p < 0.001 ? `< ${decimal(0.001, 3)}` : `= ${decimal(p, 3)}`;

const date = (text: string, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(currentLanguage(), options).format(new Date(text));

export const day = (instant: string): string => date(instant, { dateStyle: 'medium' });
export const dayShort = (instant: string): string => date(instant, { day: 'numeric', month: 'short' });
export const moment = (instant: string): string => date(instant, { dateStyle: 'medium', timeStyle: 'short' });

const steps: [string, number][] = [
  ['d', 86400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
];

/// `3 d 4 h`: the two largest units, in seconds given; the second only where it says something.
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const first = Math.min(
    steps.findIndex(([, size]) => whole >= size),
    steps.length - 1,
  );
  const [unit, size] = steps[first < 0 ? steps.length - 1 : first]!;
  const head = Math.floor(whole / size);
  const next = steps[first + 1];
  const rest = next && first >= 0 && head < 10 ? Math.floor((whole - head * size) / next[1]) : 0;
  return `${count(head)} ${t(`unit.${unit}` as 'unit.d')}${rest ? ` ${rest} ${t(`unit.${next![0]}` as 'unit.d')}` : ''}`;
}

/// `3d` as journey files spell it, or `never`.
export function declaredDuration(text: string): string {
  if (!/^(\d+(ms|s|m|h|d|w))+$/.test(text)) return text === 'never' ? t('never') : text;
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h|d|w)/g)];
  const sizes: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400, w: 604800 };
  return duration(parts.reduce((sum, [, n, unit]) => sum + Number(n) * sizes[unit!]!, 0));
}

export const timeZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

/// What an API value of any type looks like; objects as JSON.
export function plain(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'number') return number(value, { maximumFractionDigits: 6 });
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  if (typeof value !== 'string') return JSON.stringify(value);
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value) ? moment(value) : value;
}

/// A point in time as the filters take it: a day, an instant, or `-28d`, which is counted back from `asOf`, not from
/// the server's clock: reports are as of the latest event.
export function resolveTime(text: string | undefined, asOf: string | undefined): string | undefined {
  if (!text) return undefined;
  const ago = /^-(\d+)(h|d|w)$/.exec(text);
  if (!ago) return text;
  if (!asOf) return undefined;
  const size = { h: 3600e3, d: 86400e3, w: 604800e3 }[ago[2] as 'h' | 'd' | 'w'];
  return new Date(Date.parse(asOf) - Number(ago[1]) * size).toISOString();
}
