import { PDFDocument, StandardFonts, degrees, rgb } from 'pdf-lib';

const pdf = await PDFDocument.create({ updateMetadata: false });
pdf.setTitle('A report');
pdf.setCreationDate(new Date(0));
const font = await pdf.embedFont(StandardFonts.Helvetica);
const page = pdf.addPage([200, 100]);
page.drawText('Hello, PDF', {
  x: 20,
  y: 50,
  size: 18,
  font,
  color: rgb(0, 0.5, 1),
  rotate: degrees(5),
});
page.drawSvgPath('M 0,0 L 10,10 Z', { borderColor: rgb(1, 0, 0) });
pdf.getForm().createTextField('name').setText('Ada');
const bytes = await pdf.save({ useObjectStreams: true });
console.log(Buffer.from(bytes.slice(0, 8)).toString('latin1').trim(), bytes.length > 1000);
console.log(font.widthOfTextAtSize('Hello, PDF', 18).toFixed(3));

const read = await PDFDocument.load(bytes, { updateMetadata: false });
console.log(read.getTitle(), read.getCreationDate().toISOString(), read.getPageCount());
console.log(read.getPage(0).getSize(), read.getForm().getTextField('name').getText());
await PDFDocument.load('bm90IGEgcGRm').catch((error) =>
  console.log(error.constructor.name, error instanceof Error, error.message.slice(0, 40)),
);
