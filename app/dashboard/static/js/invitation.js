// The secret behind the # of the address goes into the form and out of the address; nobody has to see it.

const form = document.getElementById("invitation");
const secret = location.hash.slice(1);
if (secret) {
  history.replaceState(null, "", location.pathname + location.search);
  form.elements.secret.value = secret;
}
if (form.elements.secret.value) {
  document.getElementById("secret-field").hidden = true;
  form.elements.password.focus();
}
