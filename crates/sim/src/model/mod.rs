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
//! * [`running`]: a process of ours and its calls; [`process`]: what processes do at random
//! * [`raw_change`], [`raw_deploy`], [`raw`]: changes in SST's form, deployments of them, and their judgement
//! * [`foreign`]: SST's writers, an editor, a writer that loses updates
//! * [`run`]: one seed from beginning to end (promise 7)
//! * [`campaign`]: many seeds

pub mod calls;
pub mod campaign;
pub mod config;
pub mod declared;
pub mod foreign;
pub mod indexing;
pub mod judge;
pub mod owning;
pub mod port;
pub mod process;
pub mod raw;
pub mod raw_change;
pub mod raw_deploy;
pub mod request;
pub mod run;
pub mod running;
pub mod undoing;
pub mod view;
pub mod world;
