// Where panels stand while they are moved: they fall upward until they meet another. The twin of app/dashboards/grid.py.

export const COLUMNS = 12;
export const TALLEST = 20;

const between = (value, low, high) => Math.min(high, Math.max(low, value));
const besides = (one, other) => one.x + one.w <= other.x || other.x + other.w <= one.x;
const meets = (one, other) => !(besides(one, other) || one.y + one.h <= other.y || other.y + other.h <= one.y);

/** Panels `{id, x, y, w, h}` in the order in which a page is read; the one of that id goes before those at its height. */
export function inOrder(places, moved) {
  const late = (place) => (place.id === moved ? 0 : 1);
  return [...places].sort((one, other) => one.y - other.y || late(one) - late(other) || one.x - other.x);
}

/** The same places, each as far up as those before it leave room. */
export function settle(places, moved) {
  const settled = [];
  for (const place of inOrder(places, moved)) {
    const fallen = { ...place, y: 0 };
    for (let met = settled.filter((other) => meets(fallen, other)); met.length; met = settled.filter((other) => meets(fallen, other))) {
      fallen.y = Math.min(...met.map((other) => other.y + other.h));
    }
    settled.push(fallen);
  }
  return inOrder(settled);
}

/** The place moved by columns and rows; it stays on the grid. */
export function moved(place, columns, rows) {
  return { ...place, x: between(place.x + columns, 0, COLUMNS - place.w), y: Math.max(0, place.y + rows) };
}

/** The place made wider and higher. */
export function resized(place, columns, rows) {
  return { ...place, w: between(place.w + columns, 1, COLUMNS - place.x), h: between(place.h + rows, 1, TALLEST) };
}

/** The place above its next neighbour there, or beneath its next neighbour below; as it is where there is none. */
export function passed(place, places, up) {
  const others = places.filter((other) => other.id !== place.id && !besides(place, other));
  if (up) {
    const above = others.filter((other) => other.y < place.y).sort((one, other) => other.y - one.y)[0];
    return above ? { ...place, y: above.y } : place;
  }
  const below = others.filter((other) => other.y >= place.y).sort((one, other) => one.y - other.y)[0];
  return below ? { ...place, y: below.y + below.h } : place;
}

/** The first place of that width and height with room, row by row from the top. */
export function beside(w, h, places) {
  const bottom = Math.max(0, ...places.map((place) => place.y + place.h));
  for (let y = 0; y < bottom; y += 1) {
    for (let x = 0; x <= COLUMNS - w; x += 1) {
      if (!places.some((other) => meets({ x, y, w, h }, other))) return { x, y, w, h };
    }
  }
  return { x: 0, y: bottom, w, h };
}
