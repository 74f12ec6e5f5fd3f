//! The real engine on a simulated store, in virtual time, judged by what the promises say.
//!
//! * [`config`]: what a seed is made of
//! * [`world`]: the store with its history, and everybody's view of time and chance
//! * [`port`]: the store as one process reaches it: latency, faults, lagging reads, crashes
//! * [`request`]: one request, and how it ends; [`view`]: a table as SST's reader sees it
//! * [`declared`]: a call as the judges know it
//! * [`calls`]: the judgement of each settlement (promises 1, 5, 6)
//! * [`judge`]: the judgement of each write (promises 2, 3, 4)
//! * [`owning`]: takeovers, removals, prunes and repairs, and what each may do
//! * [`undoing`]: histories and rollbacks: what may come back
//! * [`process`]: processes of ours
//! * [`foreign`]: SST's writers, an editor, a writer that loses updates
//! * [`run`]: one seed from beginning to end (promise 7)
//! * [`campaign`]: many seeds

pub mod calls;
pub mod campaign;
pub mod config;
pub mod declared;
pub mod foreign;
pub mod judge;
pub mod owning;
pub mod port;
pub mod process;
pub mod request;
pub mod run;
pub mod undoing;
pub mod view;
pub mod world;
