// Draws diagrams: a JSON array of Mermaid texts on the input, one of SVGs on the output.
import { text } from 'node:stream/consumers';
import { renderMermaidSVG } from 'beautiful-mermaid';

// Colors of the page, so that a dark page has a dark diagram; given as options for pictures.
const colors = process.argv[2]
  ? JSON.parse(process.argv[2])
  : { bg: 'var(--color-background-primary)', fg: 'var(--color-foreground-primary)' };

// Boxes are as wide as Inter is; these are not wider.
const FONTS =
  "Inter, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', 'DejaVu Sans Condensed', sans-serif";

const drawn = JSON.parse(await text(process.stdin)).map((source, index) =>
  renderMermaidSVG(source, { ...colors, padding: 8, transparent: true })
    // It would ask a server for a font; the page has one.
    .replace(/^\s*@import url\(.*\);$/m, '')
    .replace("'Inter', system-ui, sans-serif", FONTS)
    // Identifiers are of the whole page, and so are styles.
    .replaceAll(/(\bid="|url\(#)/g, `$1diagram-${index}-`)
    .replace('<svg ', '<svg role="img" class="diagram" ')
    .replace(/^ {2}svg \{$/m, '  svg.diagram {'),
);
process.stdout.write(JSON.stringify(drawn));
