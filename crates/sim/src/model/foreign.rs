//! Writers that are not ours, from what the stored form's description says of them.

use std::time::Duration;

use fastrand::Rng;

use super::world::{Shared, World, lock};
use crate::support::reader::{self, Keys};

/// How a writer encodes and cuts the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Go's JSON, cut at every 1,000th byte.
    Sst,
    /// White space, other escapes, cuts anywhere.
    Editor,
}

/// The lines of a table as text, or what SST makes of one that it cannot read: nothing.
pub fn texts(keys: &Keys, router: &str) -> Vec<String> {
    let table = reader::table(keys, router).unwrap_or_default();
    table.lines.iter().map(|line| serde_json::from_str(&line.raw).unwrap()).collect()
}

/// Puts a table in the place of the one that stands.
pub fn put_table(keys: &mut Keys, router: &str, lines: &[String], style: Style, rng: &mut Rng) {
    for index in reader::chunks(keys, router) {
        keys.remove(&format!("{router}:routes:{index}"));
    }
    let root = format!("{router}:routes");
    if lines.is_empty() {
        keys.remove(&root);
        return;
    }
    let plain = |line: &String| serde_json::to_string(line).unwrap();
    let go = |line: &String| plain(line).replace('&', "\\u0026");
    let (text, size) = match style {
        Style::Sst => (format!("[{}]", lines.iter().map(go).collect::<Vec<_>>().join(",")), 1_000),
        Style::Editor => {
            let mut text = String::from(if rng.bool() { "[ " } else { "[" });
            for (index, line) in lines.iter().enumerate() {
                text += ["", ",", " ,", ", "][if index == 0 { 0 } else { rng.usize(1..4) }];
                // Entries of ours keep their bytes; others may be spelt in any way.
                let ours = super::view::is_ours(line.split(',').nth(1).unwrap_or_default());
                text += &if ours || rng.bool() { plain(line) } else { go(line).replace('/', "\\/") };
            }
            (text + if rng.bool() { " ]" } else { "]" }, rng.usize(600..=1_000))
        }
    };
    if text.len() <= size {
        keys.insert(root, text);
        return;
    }
    let slices: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
    keys.insert(root, format!("{{\"parts\":{}}}", slices.len()));
    for (index, slice) in slices.into_iter().enumerate() {
        keys.insert(format!("{router}:routes:{index}"), String::from_utf8(slice.to_vec()).unwrap());
    }
}

/// A foreign entry and its namespace.
pub fn entry(number: usize) -> (String, String) {
    let ns = format!("{number:04x}");
    (
        format!("url,{ns},,/sst/{number}?a&b{}", "x".repeat(number % 30))
            .replace("?a", if number.is_multiple_of(3) { "/a" } else { "/" }),
        ns,
    )
}

async fn wait(world: &Shared, from: u64, to: u64) {
    let wait = Duration::from_millis(lock(world).rng.u64(from..=to));
    tokio::time::sleep(wait).await;
}

/// One of SST's resources: Describe, read, write the whole array; on a refusal again, for ever.
/// `early` reads before it describes, which loses what others wrote in between.
pub async fn rewrite(
    world: &Shared,
    router: &str,
    who: &'static str,
    early: bool,
    change: impl Fn(&mut Vec<String>),
) {
    for _ in 0..1_000 {
        let mut known = lock(world).last().etag.clone();
        wait(world, 2, 40).await;
        let mut lines = texts(lock(world).keys(), router);
        wait(world, 2, if early { 800 } else { 40 }).await;
        if early {
            known.clone_from(&lock(world).last().etag);
        }
        change(&mut lines);
        wait(world, 2, 20).await;
        {
            let mut world = lock(world);
            if world.gone() {
                return;
            }
            if world.last().etag == known {
                let mut keys = world.keys().clone();
                let mut rng = world.rng.fork();
                put_table(&mut keys, router, &lines, Style::Sst, &mut rng);
                world.push_foreign(keys, who);
                return;
            }
        }
        wait(world, 100, 499).await;
    }
}

/// SST deploying and removing routes, two resources each.
pub async fn sst(world: Shared, number: usize, steps: usize) {
    let mut mine: Vec<usize> = Vec::new();
    for step in 0..steps {
        wait(&world, 1, 1_500).await;
        let router = { lock(&world).some_router() };
        let remove = !mine.is_empty() && lock(&world).rng.bool();
        let id = if remove { mine.remove(0) } else { 0x1000 * (number + 1) + step };
        let (line, ns) = entry(id);
        {
            let mut world = lock(&world);
            if world.gone() {
                return;
            }
            let mut keys = world.keys().clone();
            if remove {
                keys.retain(|key, _| !key.starts_with(&format!("{ns}:")));
            } else {
                keys.insert(
                    format!("{ns}:metadata"),
                    format!("{{\"host\":\"sst{id}.example.com\",\"origin\":{{}}}}"),
                );
            }
            world.push_foreign(keys, "SST's metadata");
        }
        rewrite(&world, &router, "SST", false, |lines| {
            lines.retain(|other| *other != line);
            if !remove {
                lines.push(line.clone());
            }
        })
        .await;
        if !remove {
            mine.push(id);
        }
    }
}

/// Somebody who edits the store by hand, knowing the format.
pub async fn editor(world: Shared, steps: usize) {
    for step in 0..steps {
        wait(&world, 1, 4_000).await;
        let mut world = lock(&world);
        if world.gone() {
            return;
        }
        let router = world.some_router();
        let mut keys = world.keys().clone();
        let mut rng = world.rng.fork();
        match rng.u32(0..4) {
            0 => {
                keys.insert(format!("{:04x}:/file/{step}", rng.u16(..)), "s3".to_owned());
            }
            1 => {
                let files: Vec<String> = keys.keys().filter(|key| key.contains(":/file/")).cloned().collect();
                if let Some(key) = rng.choice(&files) {
                    keys.remove(key);
                }
            }
            _ => {
                let mut lines = texts(&keys, &router);
                if rng.bool() {
                    let at = rng.usize(0..=lines.len());
                    lines.insert(at, entry(0x9000 + step).0);
                }
                put_table(&mut keys, &router, &lines, Style::Editor, &mut rng);
            }
        }
        world.push_foreign(keys, "the editor");
    }
}

/// A writer that reads before it describes.
pub async fn clobber(world: Shared, steps: usize) {
    for step in 0..steps {
        wait(&world, 1, 4_000).await;
        let router = { lock(&world).some_router() };
        let line = entry(0xc000 + step).0;
        rewrite(&world, &router, "the clobberer", true, |lines| lines.push(line.clone())).await;
    }
}

impl World {
    fn some_router(&mut self) -> String {
        let routers = &self.config.routers;
        routers[self.rng.usize(0..routers.len())].clone()
    }

    pub fn gone(&self) -> bool {
        self.config.deleted_at.is_some_and(|at| at <= self.now())
    }
}
