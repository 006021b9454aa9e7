// Words of the check and of the schema, in which `backticks` set code apart.

import type { JSX } from 'preact';

export const Ticked = ({ text }: { text: string }): JSX.Element => (
  <span lang="en">
    {text.split('`').map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part))}
  </span>
);
