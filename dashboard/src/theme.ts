// Light or dark: as the system says, unless chosen here. `data-theme` of the page says which of the two it is.

export type Theme = 'auto' | 'light' | 'dark';
const storageKey = 'lotse.theme';
const system = matchMedia('(prefers-color-scheme: dark)');

export function storedTheme(): Theme {
  const stored = localStorage.getItem(storageKey);
  return stored === 'light' || stored === 'dark' ? stored : 'auto';
}

function show(): void {
  const theme = storedTheme();
  document.documentElement.dataset['theme'] = theme !== 'auto' ? theme : system.matches ? 'dark' : 'light';
}

/// Shows what is stored, and follows the system from now on where nothing is.
export function startTheme(): void {
  system.addEventListener('change', show);
  show();
}

export function applyTheme(theme: Theme): void {
  if (theme === 'auto') localStorage.removeItem(storageKey);
  else localStorage.setItem(storageKey, theme);
  show();
}
