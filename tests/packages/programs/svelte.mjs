import { compile, parse, preprocess } from 'svelte/compiler';
import { render } from 'svelte/server';

const component = `
<script>let { name, items = [] } = $props(); let n = $derived(items.length);</script>
<h1 class:big={n > 1}>Hi {name}</h1>
{#each items as item, i (item)}<li style:order={i}>{item}</li>{:else}none{/each}
<style>h1 { color: red } .unused { color: blue }</style>`;
const { js, css, warnings } = compile(component, { generate: 'server', filename: 'Hi.svelte' });
console.log(js.code.includes('$$renderer'), css.code.trim().replace(/\s+/g, ' '));
console.log(warnings.map((warning) => warning.code));
console.log(
  parse(component, { modern: true })
    .fragment.nodes.map((node) => node.type)
    .join(' '),
);
console.log(
  (await preprocess('<script>1</script>', { script: ({ content }) => ({ code: content + '+1' }) }))
    .code,
);

const hi = (renderer, { name }) => renderer.push(`<p>${name}</p>`);
console.log(render(hi, { props: { name: 'Ada' } }).body);
try {
  compile('{#if x}', {});
} catch (error) {
  console.log(error.code, error.position.join());
}
