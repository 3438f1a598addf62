import { JSDOM } from 'jsdom';

const { window } = new JSDOM('<p class="a">Hi <b>you</b></p><ul></ul>', {
  url: 'https://example.org/',
});
const { document } = window;
for (const name of ['x', 'y']) {
  const item = document.createElement('li');
  item.textContent = name;
  document.querySelector('ul').append(item);
}
document
  .querySelector('p')
  .addEventListener('click', (event) =>
    console.log('clicked', event.target.nodeName, event.bubbles),
  );
document.querySelector('b').click();
console.log(document.body.innerHTML, window.location.host);
console.log(
  document.querySelectorAll('li:last-child, b').length,
  window.getComputedStyle(document.body).display,
);
document.cookie = 'a=1';
window.localStorage.setItem('k', 'v');
console.log(
  document.cookie,
  window.localStorage.length,
  new window.DOMParser().parseFromString('<a/>', 'text/xml').documentElement.tagName,
);
