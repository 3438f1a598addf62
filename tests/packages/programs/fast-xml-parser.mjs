import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';

const xml = `<?xml version="1.0"?>
<library open="true"><!-- two books -->
  <book id="1"><title>Emma &amp; more</title><price>9.50</price></book>
  <book id="2"><title><![CDATA[<Ulysses>]]></title><price>12</price></book>
</library>`;
const options = { ignoreAttributes: false, attributeNamePrefix: '@', parseAttributeValue: true };
const parsed = new XMLParser(options).parse(xml);
console.log(JSON.stringify(parsed.library));
console.log(new XMLBuilder({ ...options, format: true }).build({ library: parsed.library }));
console.log(XMLValidator.validate(xml), JSON.stringify(XMLValidator.validate('<a><b></a>').err));
