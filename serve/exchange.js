// What if the states were exchanged? Asks for the two chosen actors and shows the answer below.

element.addEventListener('submit', async (event) => {
  if (!event.target.matches('.exchange-form')) return;
  event.preventDefault();
  const { one: first, other } = Object.fromEntries(new FormData(event.target));
  const button = event.target.querySelector('button');
  const place = one('.exchange-result');
  place.textContent = 'Reading …';
  button.disabled = true;
  try {
    place.innerHTML = await tell('page/exchange', { token: one('.diplotone').dataset.token, one: first, other });
  } catch (problem) {
    place.replaceChildren(make('p', { role: 'alert' }, problem.message));
  } finally {
    button.disabled = false;
  }
});
