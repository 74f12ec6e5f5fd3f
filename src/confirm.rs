//! The option `edge`: after a commit, waits until an edge location serves its routes.

use std::sync::Arc;

use routesync_aws::cloudfront::CloudFrontStore;
use routesync_aws::probe::EdgeProbe;
use routesync_core::confirm::{Confirmation, EdgeQuery, Question, Watch};
use routesync_core::error::{Code, Result, RouteSyncError};
use routesync_core::kvs::Requests;
use routesync_core::options::{EdgeOptions, Reach, RouterId};
use routesync_core::report::Report;
use routesync_core::route::{CallWarning, Warning};
use routesync_core::sync::{Control, Engine};
use tokio::time::Instant;

/// Routes that a call without changes asks about, at most: enough to find out that the edge serves another table.
const UNCHANGED: usize = 20;
/// Routes of the live table that a check asks about, at most.
const CHECKED: usize = 200;
/// Routes that a message names.
const NAMED: usize = 3;

/// A call that waits for the edge.
pub struct AtEdge {
    probe: EdgeProbe,
    edge: EdgeOptions,
    router: RouterId,
    engine: Arc<Engine<CloudFrontStore>>,
}

impl AtEdge {
    /// Sends nothing yet.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] if `client.caBundle` is not a list of certificates.
    pub fn new(
        reach: &Reach,
        edge: EdgeOptions,
        router: RouterId,
        engine: &Arc<Engine<CloudFrontStore>>,
    ) -> Result<Self> {
        let probe = EdgeProbe::new(&edge.url, &reach.client, &reach.retry)
            .map_err(|failure| RouteSyncError::new(Code::InvalidOption, failure.message))?;
        Ok(Self { probe, edge, router, engine: Arc::clone(engine) })
    }

    pub fn url(&self) -> &str {
        &self.edge.url
    }

    /// Waits until the edge serves the routes of `report`, and adds what was found to it. `since` is when the call began.
    ///
    /// # Errors
    /// The edge is required and did not serve the routes in time, or the caller aborted. The routes are stored in both cases.
    pub async fn confirm(&self, mut report: Report, control: &Control, since: Instant) -> Result<Report> {
        let confirmation = tokio::select! {
            biased;
            () = control.cancel.cancelled() => return Err(aborted()),
            confirmation = self.watch(&report, control) => confirmation,
        };
        if !confirmation.confirmed {
            let message = self.words(&confirmation);
            if self.edge.required {
                return Err(RouteSyncError::new(Code::EdgeNotConfirmed, message)
                    .with(|details| details.stands = Some(STANDS.to_owned())));
            }
            report.warnings.push(Warning::of_call(CallWarning::EdgeNotConfirmed, message));
        }
        report.edge = Some(confirmation);
        Ok(report.with_requests(Requests::default(), since.elapsed()))
    }

    async fn watch(&self, report: &Report, control: &Control) -> Confirmation {
        let mut patterns: Vec<String> = report.touched().cloned().collect();
        if patterns.is_empty() {
            let step = report.unchanged.len().div_ceil(UNCHANGED).max(1);
            patterns = report.unchanged.iter().step_by(step).cloned().collect();
        }
        let begun = Instant::now();
        let kept = self.engine.kept(&report.etag, &self.query(Some(patterns.clone())));
        let asked = match kept {
            Some(questions) => Ok(questions),
            // The process has made another commit since.
            None => self.read(Some(patterns.clone()), begun, control).await,
        };
        let asked = match asked {
            // If no request can show the change, routes of the table show at least whether the edge serves it.
            Ok(questions) if questions.is_empty() => self.read(None, begun, control).await.map(|mut some| {
                some.truncate(UNCHANGED);
                some
            }),
            asked => asked,
        };
        match asked {
            Ok(questions) => self.ask(questions, begun, control).await,
            Err(error) => Confirmation::unknown(patterns, begun, &error.message),
        }
    }

    async fn ask(&self, questions: Vec<Question>, begun: Instant, control: &Control) -> Confirmation {
        let mut watch = Watch::new(questions, begun);
        let reread = async |patterns| self.read(Some(patterns), begun, control).await.ok();
        watch.run(&self.probe, self.edge.deadline, control.listener.as_ref(), reread).await;
        watch.confirmation()
    }

    /// Asks whether the edge serves the routes of the live table, of which at most [`CHECKED`] are asked about.
    ///
    /// # Errors
    /// The table cannot be read, or the caller aborted.
    pub async fn check(&self, control: &Control) -> Result<Confirmation> {
        tokio::select! {
            biased;
            () = control.cancel.cancelled() => {
                Err(RouteSyncError::new(Code::Aborted, "aborted; this call writes nothing"))
            }
            found = async {
                // The store may take the call's own deadline, since there is nothing to report without it.
                let questions = self.engine.query(self.query(None), Control { listener: None, ..control.clone() }).await?;
                Ok(self.ask(questions, Instant::now(), control).await)
            } => found,
        }
    }

    fn query(&self, patterns: Option<Vec<String>>) -> EdgeQuery {
        EdgeQuery { router: self.router.clone(), patterns, most: CHECKED }
    }

    /// The questions by the live table, read before the deadline of the edge, which began at `begun`.
    async fn read(
        &self,
        patterns: Option<Vec<String>>,
        begun: Instant,
        control: &Control,
    ) -> Result<Vec<Question>> {
        let deadline = self.edge.deadline.saturating_sub(begun.elapsed());
        let control = Control { listener: None, deadline, ..control.clone() };
        self.engine.query(self.query(patterns), control).await
    }

    /// What the edge does not serve yet.
    fn words(&self, found: &Confirmation) -> String {
        let Confirmation { routes, pending, waited_ms, unconfirmed, .. } = found;
        let url = &self.edge.url;
        let seconds = *waited_ms / 1_000;
        let shown: Vec<String> = unconfirmed.iter().take(NAMED).map(ToString::to_string).collect();
        let more = pending.saturating_sub(shown.len());
        let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
        let shown = shown.join("; ");
        format!(
            "{STANDS}, but {seconds} s after the commit, {url} does not serve {pending} of the {routes} routes that were asked about: {shown}{more}"
        )
    }
}

/// What is true of every call that waits for the edge.
const STANDS: &str = "the routes are stored";

fn aborted() -> RouteSyncError {
    RouteSyncError::new(
        Code::Aborted,
        "the call was aborted while it waited for the edge: the routes are stored, and need no further call",
    )
    .with(|details| details.stands = Some(STANDS.to_owned()))
}
