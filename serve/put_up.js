// Sentences of a scored archive that are most worth labelling, put up for the tab Labels.

element.addEventListener('click', async (event) => {
  const button = event.target.closest('.put-up');
  if (!button) return;
  const status = one('.put-up-status');
  const name = annotator.get() || window.prompt('Who puts them up? Your name or initials');
  if (!name) return;
  button.disabled = true;
  status.textContent = ' Reading …';
  try {
    const query = new URLSearchParams({ archive: button.dataset.archive, annotator: name });
    const { added, read, found } = await ask(`v1/sentences/archive?${query}`, { method: 'POST' });
    status.textContent = ` ${added} put up, of ${read} read in ${found}; see the tab Labels.`;
  } catch (problem) {
    status.replaceChildren(make('span', { role: 'alert' }, problem.message));
  } finally {
    button.disabled = false;
  }
});
