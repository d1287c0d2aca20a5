// Reading a file into the text box: chosen here, or dropped on the box.

const box = () => document.querySelector('#article textarea');
const status = () => one('.file-status');

function fill(text) {
  const area = box();
  area.value = text;
  area.dispatchEvent(new Event('input', { bubbles: true }));
}

async function read(file) {
  status().textContent = `Reading ${file.name} …`;
  try {
    const { text, notes } = await give('page/files', file);
    fill(text);
    status().textContent = [`${file.name} is in the box above.`, ...notes].join(' ');
  } catch (problem) {
    status().replaceChildren(make('span', { role: 'alert' }, problem.message));
  }
}

element.addEventListener('change', (event) => {
  if (!event.target.matches('.file') || !event.target.files.length) return;
  read(event.target.files[0]);
  event.target.value = ''; // the same file can be chosen again
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
