//! The reader's scan of all entries: its decision, and the reason for each entry.

use std::cmp::Reverse;

use super::expression::HostExpression;
use super::{Line, Rank, Reader, Throws, units};

/// The result of the scan for one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchResult {
    /// Host and path match.
    pub matches: bool,
    /// The request goes to it.
    pub wins: bool,
    pub why: Why,
}

/// Why an entry wins or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// No other entry matches.
    OnlyMatch,
    /// Its host text is the longest.
    LongerHost,
    /// It has the longest path of the entries with the longest host text.
    LongerPath,
    /// It is the last of equal entries, or the first before 3.17.2.
    Order,
    /// The winner's host text is longer.
    ShorterHost,
    /// The winner's path is longer.
    ShorterPath,
    /// An equal entry is later in the table, or earlier before 3.17.2.
    EqualButOrder,
    /// The host does not match.
    OtherHost,
    /// The path does not match.
    OtherPath,
    /// The host is not a regular expression.
    Invalid,
}

fn rank(line: &Line<'_>) -> Rank {
    (units(line.host), units(line.path))
}

/// Finds the winner in the way of the edge function.
///
/// # Errors
/// The edge function throws.
pub fn scan(lines: &[Line<'_>], reader: Reader, host: &str, uri: &str) -> Result<Option<usize>, Throws> {
    let request = Request::new(host, reader);
    let matches = |index: usize| {
        let line = &lines[index];
        let host = request.host_matches(line.host).map_err(|why| Throws { index, why })?;
        Ok(host && reader.path_matches(line.path, uri))
    };
    if !reader.takes_last() {
        let mut sorted: Vec<usize> = (0..lines.len()).collect();
        // The sort is stable, so the first of equal entries stays first.
        sorted.sort_by_key(|index| Reverse(rank(&lines[*index])));
        for index in sorted {
            if matches(index)? {
                return Ok(Some(index));
            }
        }
        return Ok(None);
    }
    let mut best: Option<(Rank, usize)> = None;
    for (index, line) in lines.iter().enumerate() {
        let rank = rank(line);
        if best.is_none_or(|(other, _)| rank >= other) && matches(index)? {
            best = Some((rank, index));
        }
    }
    Ok(best.map(|(_, index)| index))
}

/// The result for every entry.
pub(super) fn explain(lines: &[Line<'_>], reader: Reader, host: &str, uri: &str) -> Vec<MatchResult> {
    let request = Request::new(host, reader);
    let winner = scan(lines, reader, host, uri).ok().flatten();
    let matching: Vec<Result<bool, String>> =
        lines.iter().map(|line| request.host_matches(line.host)).collect();
    let rank = |index: usize| rank(&lines[index]);
    let rivals = || {
        let matches = |index: &usize| {
            matching[*index] == Ok(true)
                && reader.path_matches(lines[*index].path, uri)
                && Some(*index) != winner
        };
        (0..lines.len()).filter(matches)
    };
    let best_rival = rivals().map(rank).max();
    let why = |index: usize| match (&matching[index], winner) {
        (Err(_), _) => Why::Invalid,
        (Ok(false), _) => Why::OtherHost,
        (Ok(true), _) if !reader.path_matches(lines[index].path, uri) => Why::OtherPath,
        (Ok(true), Some(winner)) if winner == index => match best_rival {
            None => Why::OnlyMatch,
            Some(other) if other.0 < rank(index).0 => Why::LongerHost,
            Some(other) if other.1 < rank(index).1 => Why::LongerPath,
            Some(_) => Why::Order,
        },
        (Ok(true), Some(winner)) if rank(winner).0 > rank(index).0 => Why::ShorterHost,
        (Ok(true), Some(winner)) if rank(winner).1 > rank(index).1 => Why::ShorterPath,
        (Ok(true), _) => Why::EqualButOrder,
    };
    (0..lines.len())
        .map(|index| {
            let why = why(index);
            let matches = !matches!(why, Why::Invalid | Why::OtherHost | Why::OtherPath);
            MatchResult { matches, wins: Some(index) == winner, why }
        })
        .collect()
}

/// The host of a request, in the forms that the reader compares.
struct Request {
    escaped: String,
    anchored: String,
    reader: Reader,
}

impl Request {
    fn new(host: &str, reader: Reader) -> Self {
        Self { escaped: host.replace('.', "\\."), anchored: format!("^{host}$"), reader }
    }

    fn host_matches(&self, host: &str) -> Result<bool, String> {
        if host.is_empty() {
            return Ok(true);
        }
        if !self.reader.compiles_every_host() {
            if host == self.escaped {
                return Ok(true);
            }
            if !host.contains('*') {
                return Ok(false);
            }
        }
        let expression = HostExpression::new(host);
        match expression.error() {
            Some(why) => Err(why.to_owned()),
            None => Ok(expression.matches(&self.anchored)),
        }
    }
}
