/** The embedded store for the programs of the current document. */
let present;

export const place = () => present;
export const settle = (store) => (present = store);
