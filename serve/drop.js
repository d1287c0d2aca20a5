// Reading a file into the text box: chosen here, or dropped on the box.

const box = () => document.querySelector('#article textarea');
const status = () => one('.file-status');

function fill(text) {
  const area = box();
  area.value = text;
  area.dispatchEvent(new Event('input', { bubbles: true }));
}

const read = (file) => put(file.name, give('page/files', file));

async function put(name, reading) {
  status().textContent = `Reading ${name} …`;
  try {
    const { text, notes } = await reading;
    fill(text);
    status().textContent = [`${name} is in the box above.`, ...notes].join(' ');
  } catch (problem) {
    status().replaceChildren(make('span', { role: 'alert' }, problem.message));
  }
}

element.addEventListener('change', (event) => {
  if (!event.target.matches('.file') || !event.target.files.length) return;
  read(event.target.files[0]);
  event.target.value = ''; // the same file can be chosen again
});

element.addEventListener('submit', (event) => {
  event.preventDefault();
  const url = one('.address [name=address]').value.trim();
  put(url, tell('page/fetch', { url }));
});

// On the document, since the box belongs to another part; a file dropped beside it must not replace the page.
for (const kind of ['dragover', 'drop']) {
  document.addEventListener(kind, (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    const onBox = event.target.closest?.('#article') !== null;
    document.querySelector('#article')?.classList.toggle('dropping', kind === 'dragover' && onBox);
    if (kind === 'drop' && onBox && event.dataTransfer.files.length) read(event.dataTransfer.files[0]);
  }, true);
}
