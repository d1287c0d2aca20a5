// Who is logged in. The service takes that name for every label, so the fields that ask for one go away.

async function showWho() {
  const { name, password } = await ask('page/me');
  const login = make('a', { href: 'login' }, 'Log in');
  if (!name) return element.firstElementChild.replaceChildren('Nobody is logged in. ', password ? login : '');
  const out = make('form', { method: 'post', action: 'logout' }, make('button', { type: 'submit' }, 'Log out'));
  element.firstElementChild.replaceChildren(`Logged in as ${name} `, password ? out : '');
  annotator.set(name);
  document.documentElement.classList.add('named-by-login');
  for (const field of document.querySelectorAll('[name=annotator]')) {
    field.value = name;
    field.dispatchEvent(new Event('change', { bubbles: true }));
  }
}

showWho().catch((problem) => { element.firstElementChild.textContent = problem.message; });
