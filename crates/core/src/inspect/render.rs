//! Formats a plan as text for a terminal, and as Markdown for a pull request.

use std::fmt::Write;

use serde_json::Value;

use super::indexed::IndexSize;
use super::planned::{Change, ChangeKind, PlannedIndex, Preview, Side};
use crate::kvs::Endpoint;
use crate::route::counted;

/// Maximum changes of a kind that are listed. The rest is only counted.
const SHOWN: usize = 200;

/// The plan as lines of plain text.
#[must_use]
pub fn text(plan: &Preview) -> String {
    let mut out = format!("router {} · owner {} · {}\n", plan.router, plan.owner, summary(plan));
    if !plan.changes.is_empty() {
        out.push('\n');
    }
    let width = plan.changes.iter().take(SHOWN).map(|change| change.pattern.chars().count()).max();
    let width = width.unwrap_or_default().min(48);
    for change in plan.changes.iter().take(SHOWN) {
        let sign = sign(change.action);
        let _ = writeln!(out, "  {sign} {:width$}  {}", change.pattern, leads(change));
        for field in &change.fields {
            let _ = writeln!(
                out,
                "      {}: {} → {}",
                field.path,
                value(field.before.as_ref()),
                value(field.after.as_ref())
            );
        }
    }
    if plan.changes.len() > SHOWN {
        let _ = writeln!(out, "  … and {} more", plan.changes.len() - SHOWN);
    }
    if !plan.changes.is_empty() {
        out.push('\n');
    }
    for line in footer(plan) {
        let _ = writeln!(out, "{line}");
    }
    for warning in &plan.warnings {
        let _ = writeln!(out, "warning {}: {}", warning.code, warning.message);
    }
    if let Some(refusal) = &plan.refusal {
        let _ = writeln!(out, "refused {}: {}", refusal.code, refusal.message);
    }
    out
}

/// The plan as Markdown. A long list of changes is folded.
#[must_use]
pub fn markdown(plan: &Preview) -> String {
    let mut out =
        format!("### Routes of `{}` in router `{}`\n\n{}\n", plan.owner, plan.router, summary(plan));
    if !plan.changes.is_empty() {
        let many = plan.changes.len() > 20;
        if many {
            let _ = write!(out, "\n<details><summary>{} changes</summary>\n", plan.changes.len());
        }
        out.push_str("\n|   | pattern | leads to |\n| - | ------- | -------- |\n");
        for change in plan.changes.iter().take(SHOWN) {
            let mut leads = cell(&leads(change));
            for field in &change.fields {
                let told = format!(
                    "{}: {} → {}",
                    field.path,
                    value(field.before.as_ref()),
                    value(field.after.as_ref())
                );
                let _ = write!(leads, "<br>{}", cell(&told));
            }
            let _ = writeln!(out, "| {} | `{}` | {leads} |", sign(change.action), cell(&change.pattern));
        }
        if plan.changes.len() > SHOWN {
            let _ = writeln!(out, "\n… and {} more", plan.changes.len() - SHOWN);
        }
        if many {
            out.push_str("\n</details>\n");
        }
    }
    out.push('\n');
    for line in footer(plan) {
        let _ = writeln!(out, "- {line}");
    }
    for warning in &plan.warnings {
        let _ = writeln!(out, "- ⚠️ `{}` {}", warning.code, cell(&warning.message));
    }
    if let Some(refusal) = &plan.refusal {
        let _ = writeln!(out, "\n> **Refused** (`{}`): {}", refusal.code, cell(&refusal.message));
    }
    out
}

/// `2 to add, 1 to change, 37 unchanged`.
fn summary(plan: &Preview) -> String {
    let count = |action| plan.changes.iter().filter(|change| change.action == action).count();
    let parts = [
        (count(ChangeKind::Add), "to add"),
        (count(ChangeKind::Change), "to change"),
        (count(ChangeKind::Remove), "to remove"),
        (count(ChangeKind::Keep), "kept by policy"),
        (plan.unchanged.len(), "unchanged"),
    ];
    let told: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    if told.is_empty() { "nothing declared, nothing live".to_owned() } else { told.join(", ") }
}

fn keys(plan: &Preview) -> String {
    format!("{} put, {} deleted", counted(plan.keys.put as u64, "key"), plan.keys.deleted)
}

fn footer(plan: &Preview) -> Vec<String> {
    let mut lines = Vec::new();
    lines.push(match plan.batches {
        0 => "nothing to write".to_owned(),
        1 => format!("one atomic write: {}", keys(plan)),
        n => format!("{n} writes; the table is complete after each: {}", keys(plan)),
    });
    let requests = counted(plan.requests.total().into(), "request");
    lines.push(format!("{requests}, ${:.3}", plan.estimated_cost_usd));
    let (table, reads) = (plan.bytes.table, plan.edge_reads);
    if table.before != table.after || reads.before != reads.after {
        lines.push(format!(
            "table {} → {} bytes; reads per request at the edge {} → {}",
            table.before, table.after, reads.before, reads.after
        ));
    }
    lines.extend(plan.index.as_ref().map(|index| indexed(index, reads.after)));
    if !plan.foreign.is_empty() {
        let held: Vec<String> =
            plan.foreign.iter().map(|foreign| format!("{} of {}", foreign.routes, foreign.owner)).collect();
        lines.push(format!("untouched: {}", held.join(", ")));
    }
    if let Some(Endpoint { url, from }) = plan.endpoint.as_ref().filter(|endpoint| endpoint.is_configured()) {
        lines.push(format!("at {url}, not at AWS, by {from}"));
    }
    lines
}

/// `index 0 → 18 pages, 9,216 bytes, …`.
fn indexed(index: &PlannedIndex, scan_reads: usize) -> String {
    let Some(after) = index.after else { return "the index is dropped".to_owned() };
    let IndexSize { pages, bytes, reads, instructions } = after;
    let before = index.before.map(|before| before.pages).filter(|before| *before != pages);
    let before = before.map(|before| format!("{before} → ")).unwrap_or_default();
    let thousand = |instructions: u64| instructions.div_ceil(1_000);
    format!(
        "index {before}{}, {bytes} bytes, {}; with it a request takes at most {reads} reads and about {} thousand instructions, without it {scan_reads} and {}",
        counted(pages as u64, "page"),
        counted(index.keys as u64, "key") + " in the writes",
        thousand(instructions),
        thousand(index.scan_instructions.after),
    )
}

const fn sign(action: ChangeKind) -> char {
    match action {
        ChangeKind::Add => '+',
        ChangeKind::Change => '~',
        ChangeKind::Remove => '-',
        ChangeKind::Keep => '=',
    }
}

fn leads(change: &Change) -> String {
    let side = |side: Option<&Side>| side.map_or_else(|| "?".to_owned(), target);
    let told = match change.action {
        ChangeKind::Add => side(change.to.as_ref()),
        ChangeKind::Remove | ChangeKind::Keep => side(change.from.as_ref()),
        ChangeKind::Change => {
            let (from, to) = (side(change.from.as_ref()), side(change.to.as_ref()));
            if from == to { to } else { format!("{from} → {to}") }
        }
    };
    match &change.taken_from {
        Some(holder) => format!("{told} (taken from {holder})"),
        None if change.target_undefined => format!("{told} (its target is undefined)"),
        None => told,
    }
}

/// `url api.example.com`.
fn target(side: &Side) -> String {
    let text = |name: &str| side.metadata.get(name).and_then(Value::as_str);
    let site = || side.metadata.get("s3").and_then(|s3| s3.get("domain")).and_then(Value::as_str);
    let place = text("host").or_else(|| text("domain")).or_else(site);
    format!("{} {}", side.kind, place.unwrap_or("(no metadata)"))
}

fn value(value: Option<&Value>) -> String {
    value.map_or_else(|| "–".to_owned(), Value::to_string)
}

/// Escapes text for a cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}
