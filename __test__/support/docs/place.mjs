/** The embedded store that programs of the present document call. */
let present;

export const place = () => present;
export const settle = (store) => (present = store);
