import { render } from 'preact';
import { App } from './app';
import { preferredLanguage, setLanguage } from './i18n';
import './styles.css';
import { startTheme } from './theme';

startTheme();
setLanguage(preferredLanguage(), false).then(
  () => render(<App />, document.getElementById('app')!),
  () => {
    document.getElementById('app')!.textContent = 'The server does not answer. / Der Server antwortet nicht.';
  },
);
