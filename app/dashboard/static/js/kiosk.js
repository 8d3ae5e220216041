// The token behind the # of the address goes into the form and out of the address.

const form = document.getElementById("kiosk");
const token = decodeURIComponent(location.hash.slice(1));
if (token) {
  history.replaceState(null, "", location.pathname + location.search);
  form.elements.token.value = token;
  form.submit();
}
