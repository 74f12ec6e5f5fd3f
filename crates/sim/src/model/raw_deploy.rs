//! Deployments of SST's resources through the engine.

use std::time::Duration;

use fastrand::Rng;
use serde_json::json;
use tokio::task::JoinHandle;

use super::raw::NAMESPACES;
use super::raw_change::RawChange;
use super::running::Running;
use super::world::lock;

/// Resources of each process at most.
const MOST: usize = 0x100;

/// One route of SST, as its deployment remembers it.
#[derive(Debug, Clone)]
struct Resource {
    number: usize,
    router: String,
    version: usize,
    files: usize,
    /// What was begun and is not known to be done.
    open: Option<Step>,
    gone: bool,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Create,
    /// The entry moves to another path.
    Move,
    /// The metadata and files change.
    Change,
    Delete,
}

/// What the deployments of one process remember.
#[derive(Debug, Default)]
pub struct Resources(Vec<Resource>);

impl Resource {
    fn namespace(&self) -> String {
        format!("{:04x}", self.number)
    }

    fn line(&self, version: usize) -> String {
        let kind = if self.files > 0 { "site" } else { "url" };
        // A change may keep the entry's size.
        format!("{kind},{},,/raw/{}/{}", self.namespace(), self.number, version % 7)
    }

    fn keys(&self, version: usize) -> Vec<(String, String)> {
        let metadata = json!({"host": format!("{}.example.com", "h".repeat(1 + version % 5)), "origin": {}});
        let files = (0..self.files).map(|n| (format!("/f{}", n + version), "s3".to_owned()));
        files.chain([("metadata".to_owned(), metadata.to_string())]).collect()
    }
}

impl Resources {
    /// Begins some steps of a deployment, all at once.
    pub fn deploy(
        &mut self,
        running: &Running,
        rng: &mut Rng,
        index: usize,
        routers: &[String],
    ) -> Deployment {
        let hasty = lock(&running.port.world).config.hasty;
        let mut steps = Vec::new();
        for _ in 0..rng.usize(1..=4) {
            let live: Vec<usize> = (0..self.0.len()).filter(|at| !self.0[*at].gone).collect();
            let free: Vec<usize> =
                live.into_iter().filter(|at| !steps.iter().any(|(other, _)| other == at)).collect();
            let at = match rng.choice(&free) {
                Some(at) if rng.u32(0..3) > 0 || self.0.len() == MOST => *at,
                _ if self.0.len() == MOST => continue,
                _ => {
                    let files = match rng.u32(0..12) {
                        0 => rng.usize(200..500),
                        1..4 => rng.usize(1..30),
                        _ => 0,
                    };
                    self.0.push(Resource {
                        number: NAMESPACES.start + MOST * index + self.0.len(),
                        router: rng.choice(routers).cloned().unwrap_or_default(),
                        version: 0,
                        files,
                        open: Some(Step::Create),
                        gone: false,
                    });
                    self.0.len() - 1
                }
            };
            let chosen = match rng.u32(0..4) {
                0 => Step::Move,
                1 | 2 => Step::Change,
                _ => Step::Delete,
            };
            let resource = &mut self.0[at];
            let step = *resource.open.get_or_insert(chosen);
            let deadline = if hasty && rng.u32(0..4) == 0 { rng.u64(1..3_000) } else { 120_000 };
            let work = carry_out(running.clone(), resource.clone(), step, Duration::from_millis(deadline));
            steps.push((at, tokio::spawn(work)));
        }
        Deployment(steps)
    }
}

/// The steps of a deployment that are under way.
pub struct Deployment(Vec<(usize, JoinHandle<bool>)>);

impl Deployment {
    /// Waits for the steps. The process may end meanwhile: then it is not known what they have done.
    pub async fn wait(self, running: &Running, resources: &mut Resources) {
        let life = &running.port.life;
        for (at, mut step) in self.0 {
            let done = tokio::select! {
                biased;
                done = &mut step => done.unwrap_or(false),
                () = life.ended.notified() => {
                    life.ended.notify_one();
                    step.abort();
                    false
                }
            };
            let resource = &mut resources.0[at];
            if done {
                match resource.open.take() {
                    Some(Step::Move | Step::Change) => resource.version += 1,
                    Some(Step::Delete) => resource.gone = true,
                    Some(Step::Create) | None => {}
                }
            }
        }
    }
}

/// The calls of one step, each after the one before: metadata before entries, and deleted after them. Returns whether all resolved.
async fn carry_out(running: Running, resource: Resource, step: Step, deadline: Duration) -> bool {
    let (namespace, router) = (resource.namespace(), &resource.router);
    let (now, next) = (resource.version, resource.version + 1);
    let before: Vec<String> = resource.keys(now).into_iter().map(|(name, _)| name).collect();
    let keys = |version, purges| RawChange::keys(&namespace, resource.keys(version), purges, &before);
    let calls = match step {
        Step::Create => vec![keys(now, false), RawChange::entries(router, &[resource.line(now)], &[])],
        Step::Move => vec![RawChange::entries(router, &[resource.line(next)], &[resource.line(now)])],
        Step::Change => {
            vec![keys(next, true), RawChange::entries(router, &[resource.line(next)], &[resource.line(now)])]
        }
        Step::Delete => vec![
            RawChange::entries(router, &[], &[resource.line(now)]),
            RawChange::keys(&namespace, Vec::new(), true, &before),
        ],
    };
    // Calls that are made together share a commit, which writes metadata first.
    if matches!(step, Step::Create) && resource.files == 0 && deadline > Duration::from_mins(1) {
        let calls: Vec<_> =
            calls.into_iter().map(|(call, change)| running.raw(call, change, deadline)).collect();
        let settled = futures_util::future::join_all(calls).await;
        return settled.iter().all(|settled| matches!(settled, Ok(Ok(_))));
    }
    for (call, change) in calls {
        if !matches!(running.raw(call, change, deadline).await, Ok(Ok(_))) {
            return false;
        }
    }
    true
}
