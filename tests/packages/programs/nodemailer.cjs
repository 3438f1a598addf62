const nodemailer = require('nodemailer');

const transport = nodemailer.createTransport({
  streamTransport: true,
  buffer: true,
  newline: 'unix',
});
const message = {
  from: 'Ada <ada@example.org>',
  to: ['bob@example.org', 'Eve Ünï <eve@example.org>'],
  subject: 'Grüße',
  text: 'plain',
  html: '<b>rich</b>',
  date: new Date(0),
  messageId: '<1@example.org>',
  attachments: [{ filename: 'a.txt', content: 'attached' }],
};
transport.sendMail(message).then((info) => {
  const boundary = /boundary="([^"]+)"/g;
  let text = info.message.toString();
  for (const [, name] of [...text.matchAll(boundary)])
    text = text.replaceAll(name.replace(/Part_\d+$/, ''), 'B-');
  console.log(text);
  console.log(JSON.stringify(info.envelope));
});
