// The token behind the # of the address goes into the form and out of the address. Where a person is signed in, it waits
// there until they send it: whoever made the link must not end their session.

const form = document.getElementById("kiosk");

/** What the fragment means; as it stands where it is no proper encoding. */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const token = decoded(location.hash.slice(1));
if (token) {
  history.replaceState(null, "", location.pathname + location.search);
  form.elements.token.value = token;
  if ("asks" in form.dataset) form.querySelector("[type=submit]").focus();
  else form.submit();
}
