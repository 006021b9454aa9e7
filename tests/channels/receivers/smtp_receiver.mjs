// usage: node smtp_receiver.mjs MODE [KEY CERTIFICATE]: a mail server on a free port; MODE is plain (no TLS), starttls, tls,
// or login (starttls, and only user `lotse` with the password `secret` may send).
//
// Prints the port, then a JSON line for each mail: its envelope, whether it came by TLS, and what mailparser reads.
// The local part of the recipient says what is answered: `no-such-user` 550 5.1.1, `later` 450 4.2.1, `policy`
// 550 5.7.1, `full` 552 5.2.2, and after the mail itself `spam` 554 and `busy` 451. Ends when its input does.
import fs from 'node:fs';
import {simpleParser} from 'mailparser';
import {SMTPServer} from 'smtp-server';

const [mode, key, certificate] = process.argv.slice(2);
const read = (file) => (file ? fs.readFileSync(file) : undefined);

function refusal(code, text) {
  return Object.assign(new Error(text), {responseCode: code});
}

const recipients = {
  'no-such-user': refusal(550, '5.1.1 No such user'),
  later: refusal(450, '4.2.1 Try again later'),
  policy: refusal(550, '5.7.1 Relaying denied'),
  full: refusal(552, '5.2.2 Mailbox full'),
};
const contents = {spam: refusal(554, '5.6.0 Not wanted'), busy: refusal(451, '4.3.0 Busy')};
const local = (address) => address.address.split('@')[0];

const server = new SMTPServer({
  secure: mode === 'tls',
  key: read(key),
  cert: read(certificate),
  disabledCommands: mode === 'plain' ? ['STARTTLS', 'AUTH'] : mode === 'login' ? [] : ['AUTH'],
  authOptional: mode !== 'login',
  hideENHANCEDSTATUSCODES: true,
  disableReverseLookup: true,
  onAuth: ({username, password}, _, done) =>
    username === 'lotse' && password === 'secret' ? done(null, {user: username}) : done(refusal(535, '5.7.8 No')),
  onRcptTo: (address, _, done) => done(recipients[local(address)]),
  onData: async (stream, session, done) => {
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const raw = Buffer.concat(chunks).toString('latin1');
    const mail = await simpleParser(Buffer.concat(chunks));
    const {mailFrom, rcptTo} = session.envelope;
    console.log(JSON.stringify({
      secure: session.secure, user: session.user ?? '', sender: mailFrom.address, recipient: rcptTo[0].address,
      recipients: rcptTo.length, headers: mail.headerLines.map(({key: name}) => name).join(' '),
      from: mail.from.text, to: mail.to.text, subject: mail.subject, id: mail.messageId,
      date: mail.date.toISOString(), text: mail.text ?? '', html: mail.html || '', raw,
    }));
    done(contents[local(rcptTo[0])]);
  },
});
server.on('error', () => {});
server.listen(0, '127.0.0.1', () => console.log(server.server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
