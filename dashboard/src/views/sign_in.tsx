import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError, rightsOf, setToken, type Rights } from '../api/client';
import { t } from '../i18n';

/// Takes a token; keeps it for this tab only.
export function SignIn({
  refused,
  onDone,
}: {
  refused: boolean;
  onDone: (rights: Rights) => void;
}): JSX.Element {
  const [value, setValue] = useState('');
  const [error, setError] = useState(refused ? t('signin.refused') : '');
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setToken(value.trim());
    try {
      const rights = await rightsOf();
      if (rights.reports || rights.customers) {
        onDone(rights);
        return;
      }
      setError(t('signin.no_rights'));
    } catch (failed) {
      setError(
        failed instanceof ApiError && failed.status === 401 ? t('signin.unknown') : t('error.offline'),
      );
    }
    setToken('');
    setBusy(false);
  };
  return (
    <main class="sign-in" id="main" tabIndex={-1}>
      <svg class="sign-in-chart" viewBox="0 0 640 200" aria-hidden="true">
        <path class="c1" d="M-20 150C120 150 130 60 260 70S420 140 660 40" />
        <path class="c2" d="M-20 156C120 160 150 120 260 110S440 170 660 130" />
        <path class="c3" d="M255 72C290 110 300 150 304 200" />
        <circle cx="260" cy="70" r="9" />
      </svg>
      <h1>Lotse</h1>
      <p class="lead">{t('signin.lead')}</p>
      <form onSubmit={(event) => void submit(event)}>
        <label for="token">{t('signin.token')}</label>
        <input
          id="token"
          type="password"
          autocomplete="off"
          spellcheck={false}
          required
          value={value}
          aria-describedby="token-help"
          aria-invalid={error !== ''}
          onInput={(event) => setValue(event.currentTarget.value)}
        />
        <p id="token-help" class="quiet">
          {t('signin.help')}
        </p>
        {error ? (
          <p class="form-error" role="alert">
            {error}
          </p>
        ) : null}
        <button type="submit" class="primary" disabled={busy}>
          {t('signin.do')}
        </button>
      </form>
    </main>
  );
}
