// Making a link that opens the article again. It says before what will be stored, and stores nothing until asked.

async function share(button) {
  const place = one('.share-result');
  const isSame = () => place.isConnected && button.isConnected;
  button.disabled = true;
  try {
    const { key, until } = await tell('page/share', { token: one('.diplotone').dataset.token });
    if (!isSame()) return;
    const link = new URL(`#shared=${key}`, document.baseURI).href;
    const field = make('input', { type: 'text', class: 'link', readonly: '', value: link, 'aria-label': 'The link' });
    place.replaceChildren(field, make('span', {}, ` works until ${until.slice(0, 16).replace('T', ' ')} UTC. `));
    field.focus();
    field.select();
    await window.navigator.clipboard?.writeText(link).then(() => place.append('Copied.'), () => {});
  } catch (problem) {
    if (isSame()) place.replaceChildren(make('span', { role: 'alert' }, problem.message));
  } finally {
    button.disabled = false;
  }
}

element.addEventListener('click', (event) => {
  const button = event.target.closest('.make-link');
  if (button) share(button);
});
