import assert from 'node:assert/strict';
import test from 'node:test';
import de from '../public/de.json';
import en from '../public/en.json';
import german from '../public/sentences.de.json';
import { moment } from '../src/format';
import { useWords } from '../src/i18n';
import { say } from '../src/say';

const asked = { say: '{} asks for {} again, which is known', with: ['order', 'plan'] };

test('say: a sentence is told in the language of its reader', () => {
  assert.equal(say(asked, german), 'order fragt erneut nach plan, das schon bekannt ist');
  assert.equal(say(asked, null), 'order asks for plan again, which is known');
});

test('say: a text is the same in every language, and what looks like a blank in it is none', () => {
  assert.equal(say('•••', german), '•••');
  assert.equal(say({ say: 'stands at {}', with: ['{0} {}'] }, german), 'steht bei {0} {}');
});

test('say: blanks change their order, and sentences stand in sentences', () => {
  const sentence = {
    say: '{}.',
    with: [
      {
        say: '{}: the stay at {} ended ({}) on {} {}',
        with: [
          { say: 'Not sent', with: [] },
          '`order`',
          { say: 'advanced to {}', with: ['`visit`'] },
          'Montag',
          { say: 'before the {} were over', with: [{ say: '{} days', with: ['2'] }] },
        ],
      },
    ],
  };
  assert.equal(
    say(sentence, german),
    'Nicht gesendet: Der Aufenthalt bei `order` endete am Montag (weiter zu `visit`), vor dem Ende der Frist (2 Tage).',
  );
});

test('say: a time is told as the page tells times', () => {
  const due = { say: 'Due since {}.', with: [{ at: '2024-03-01T09:00:00Z' }] };
  useWords('de', de);
  assert.equal(say(due, german), `Fällig seit ${moment('2024-03-01T09:00:00Z')}.`);
  assert.match(say(due, german)!, /01\.03\.2024/);
  useWords('en', en);
  assert.match(say(due, null)!, /^Due since Mar 1, 2024/);
});

test('say: what is not known is not told, however deep it stands', () => {
  assert.equal(say({ say: 'a new sentence', with: [] }, german), undefined);
  assert.equal(say({ say: '{}.', with: [{ say: 'a new sentence', with: [] }] }, german), undefined);
  assert.equal(say(asked, {}), undefined);
});
