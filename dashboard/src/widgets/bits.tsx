// Small parts that every view uses.

import type { ComponentChildren, JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import type { ApiError } from '../api/client';
import type { Interval } from '../api/types';
import type { Data } from '../data';
import { plain } from '../format';
import { t } from '../i18n';

/// What a figure is: shown on hover and focus, kept open by a press, and all at once by "explain figures".
export function What({ text, href }: { text: string; href?: string | undefined }): JSX.Element {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <span class={`what ${open ? 'open' : ''}`}>
      <button
        type="button"
        class="what-button"
        aria-expanded={open}
        aria-controls={id}
        aria-label={t('what.button')}
        onClick={() => setOpen(!open)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setOpen(false);
        }}
      >
        ?
      </button>
      <span class="what-text" id={id}>
        {text}
        {href ? (
          <>
            {' '}
            <a href={href}>{t('what.link')}</a>
          </>
        ) : null}
      </span>
    </span>
  );
}

interface StatProps {
  label: string;
  value: string;
  sub?: string | undefined;
  what: string;
  href?: string | undefined;
  tone?: 'bad' | 'good' | undefined;
}

export function Stat({ label, value, sub, what, href, tone }: StatProps): JSX.Element {
  return (
    <div class={`stat ${tone ?? ''}`}>
      <dt>
        {label} <What text={what} href={href} />
      </dt>
      <dd>
        <span class="stat-value">{value}</span>
        {sub ? <span class="stat-sub">{sub}</span> : null}
      </dd>
    </div>
  );
}

export function Problem({ error, retry }: { error: ApiError; retry?: () => void }): JSX.Element {
  const text =
    error.status === 403
      ? t('error.forbidden')
      : error.status === 0
        ? t('error.offline')
        : error.status === 404
          ? t('error.missing')
          : t('error.other');
  return (
    <div class="notice problem" role="alert">
      <p>
        <strong>{text}</strong>
      </p>
      {error.detail && error.status !== 403 ? (
        <p class="quiet" lang="en">
          {error.detail}
        </p>
      ) : null}
      {retry && error.status !== 403 ? (
        <button type="button" onClick={retry}>
          {t('retry')}
        </button>
      ) : null}
    </div>
  );
}

export const Loading = (): JSX.Element => (
  <p class="loading" role="status">
    <span class="wave" aria-hidden="true" />
    {t('loading')}
  </p>
);

/// Shows what came, or that it is on its way, or why it did not come.
export function Loaded<T>({
  data,
  children,
}: {
  data: Data<T>;
  children: (value: T) => ComponentChildren;
}): JSX.Element {
  if (data.error) return <Problem error={data.error} retry={data.reload} />;
  if (data.value === null) return <Loading />;
  return (
    <div class={data.loading ? 'stale' : ''} aria-busy={data.loading}>
      {children(data.value)}
    </div>
  );
}

/// The head of a view: its name, and one sentence on what it is about.
export const ViewHead = ({
  title,
  children,
}: {
  title: ComponentChildren;
  children?: ComponentChildren;
}): JSX.Element => (
  <div class="view-head">
    <h1>{title}</h1>
    {children ? <p class="headline">{children}</p> : null}
  </div>
);

export function Section({
  title,
  what,
  href,
  children,
  id,
}: {
  title: string;
  what?: string;
  href?: string | undefined;
  children: ComponentChildren;
  id?: string;
}): JSX.Element {
  const own = useId();
  return (
    <section class="section" aria-labelledby={id ?? own}>
      <h2 id={id ?? own}>
        {title} {what ? <What text={what} href={href} /> : null}
      </h2>
      {children}
    </section>
  );
}

/// A choice among few, with its label.
export function Choice({
  label,
  value,
  options,
  onPick,
  quiet,
}: {
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
  onPick: (value: string) => void;
  quiet?: boolean;
}): JSX.Element {
  return (
    <label>
      <span class={quiet ? 'hidden' : ''}>{label} </span>
      <select value={value} onChange={(event) => onPick(event.currentTarget.value)}>
        {options.map(([key, name]) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

/// A share with its 95 % interval on a scale; the tick is what it is compared with. The words stand beside it.
export function IntervalBar({
  rate,
  interval,
  baseline,
  most,
  hollow,
}: {
  rate: number;
  interval: Interval;
  baseline?: number | null | undefined;
  most: number;
  hollow?: boolean;
}): JSX.Element {
  const at = (share: number): number => 3 + 114 * Math.min(1, share / most);
  return (
    <svg class={`interval ${hollow ? 'hollow' : ''}`} viewBox="0 0 120 16" aria-hidden="true">
      <line class="axis" x1="3" x2="117" y1="8" y2="8" />
      {baseline !== null && baseline !== undefined ? (
        <line class="base" x1={at(baseline)} x2={at(baseline)} y1="1" y2="15" />
      ) : null}
      <line class="range" x1={at(interval[0])} x2={at(interval[1])} y1="8" y2="8" />
      <circle cx={at(rate)} cy="8" r="3.6" />
    </svg>
  );
}

/// A table with its caption, which is shown unless a heading above says the same; it scrolls by itself where it is too
/// wide. Of a column, `#` before its key aligns numbers, and an empty key leaves it without a heading.
export function DataTable({
  caption,
  cols,
  children,
  hidden = true,
  narrow,
}: {
  caption: string;
  cols: readonly string[];
  children: ComponentChildren;
  hidden?: boolean;
  narrow?: boolean;
}): JSX.Element {
  return (
    <TableScroll label={caption}>
      <table class={narrow ? 'list narrow' : 'list'}>
        <caption class={hidden ? 'hidden' : ''}>{caption}</caption>
        <thead>
          <tr>
            {cols.map((col, index) => {
              const name = col.replace('#', '');
              return (
                <th key={index} scope="col" class={col === name ? '' : 'num'}>
                  {name}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </TableScroll>
  );
}

/// What is known, by name.
export const Facts = ({
  facts,
}: {
  facts: readonly (readonly [string, ComponentChildren])[];
}): JSX.Element => (
  <dl class="facts">
    {facts.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

/// What an instance keeps in its context, and what is told along with it.
export const ContextFacts = ({
  context,
  more,
}: {
  context: Record<string, unknown>;
  more: readonly (readonly [string, ComponentChildren])[];
}): JSX.Element => (
  <Facts
    facts={[...Object.entries(context).map(([name, value]) => [name, plain(value)] as const), ...more]}
  />
);

/// What is said beside the point, quietly.
export const Quiet = ({ children }: { children: ComponentChildren }): JSX.Element => (
  <p class="quiet">{children}</p>
);

/// What stands beneath something, in small letters.
export const Sub = ({ children }: { children: ComponentChildren }): JSX.Element => (
  <span class="quiet block">{children}</span>
);

/// A figure in a table, with what stands beneath it in small letters.
export const Num = ({
  children,
  sub,
}: {
  children: ComponentChildren;
  sub?: ComponentChildren;
}): JSX.Element => (
  <td class="num">
    {children}
    {sub ? <Sub>{sub}</Sub> : null}
  </td>
);

export function TableScroll({
  children,
  label,
}: {
  children: ComponentChildren;
  label: string;
}): JSX.Element {
  return (
    <div class="table-scroll" tabIndex={0} role="group" aria-label={label}>
      {children}
    </div>
  );
}
