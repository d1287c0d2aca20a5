// Narrowing what is shown: filters dim what does not match, the switch leaves direct quotes out of all figures.

const unchecked = (name) =>
  new Set(all(`input[data-filter="${name}"]`).filter((box) => !box.checked).map((box) => box.value));

function applyFilters() {
  const hidden = { tone: unchecked('tone'), sentiment: unchecked('sentiment'), voice: unchecked('voice') };
  const noQuotes = one('.without-quotes')?.checked ?? false;
  const list = sentences();
  const out = new Set();
  for (const sentence of list) {
    const data = sentence.dataset;
    const fits = Object.entries(hidden).every(([name, values]) => !values.has(data[name]));
    if (!fits || (noQuotes && data.voice === 'quote')) out.add(data.sentence);
    sentence.classList.toggle('dimmed', out.has(data.sentence));
  }
  for (const step of all('.arc [data-sentence]')) step.classList.toggle('dimmed', out.has(step.dataset.sentence));
  for (const row of all('.sentences tbody tr')) {
    row.hidden = out.has(row.querySelector('[data-sentence]')?.dataset.sentence);
  }
  for (const view of all('[data-view]')) view.hidden = view.dataset.view !== (noQuotes ? 'unquoted' : 'all');
  const narrowed = Object.values(hidden).some((values) => values.size > 0);
  const count = one('.filter-count');
  if (count) count.textContent = narrowed ? `${list.length - out.size} of ${list.length} sentences match. ` : '';
  const reset = one('.filter-reset');
  if (reset) reset.hidden = !narrowed;
}

element.addEventListener('change', (event) => {
  if (event.target.matches('[data-filter], .without-quotes')) applyFilters();
});

element.addEventListener('click', (event) => {
  if (!event.target.closest('.filter-reset')) return;
  for (const box of all('[data-filter]')) box.checked = true;
  applyFilters();
  one('.filters summary').focus();
});
