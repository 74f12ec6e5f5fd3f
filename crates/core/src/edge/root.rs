//! The root of an index: a member of the table's marker, which SST's reader and writers ignore.
//!
//! ```text
//! {"parts":8,"1 Xk3f9a 18 9f3a2c11 23 -0 1 0 3f2a,91bc! *.example.com,ucMqCe9.m4Seaqy, ,ucMqCe9.vWDRmqW,":0}
//! ```
//!
//! The fields, separated by spaces: the version; the epoch; the number of pages; the digest of the table, or `-` while the table
//! changes and the index is late; the length of the longest path; the depth to which hosts are split, with `-` before it if
//! the table has no exact hosts; the depth to which other groups are split; the number of overflow pages; the anchors, each 4
//! hexadecimal digits and `!` if routes end at it or else `,`, or `-` for none. Then one field for each group of patterns, and
//! one for the group of any host: the pattern, the value of the route `/`, and the value of the route without a path.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::layout::Layout;
use crate::table::decode::Table;

/// The version of the form that this routesync writes and reads.
const VERSION: &str = "1";

/// The routes of a group that are as short as the group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Short {
    /// The value of the route `/`. Empty if there is none.
    pub slash: String,
    /// The value of the route without a path. Empty if there is none.
    pub bare: String,
}

/// A root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    pub layout: Layout,
    /// The digest of the table. `None` while the index is late: the table has changed, and the pages have not.
    pub digest: Option<String>,
    /// Bytes of the longest path.
    pub longest: usize,
    /// The table has routes of exact hosts.
    pub hosts: bool,
    /// The groups that the root holds: the patterns, unless overflow pages have them, and the group of any host if it has a
    /// short route.
    pub groups: BTreeMap<String, Short>,
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Layout { epoch, pages, overflow, host_depth, path_depth, anchors } = &self.layout;
        let digest = self.digest.as_deref().unwrap_or("-");
        let hosts = if self.hosts { "" } else { "-" };
        write!(
            f,
            "{VERSION} {epoch} {pages} {digest} {} {hosts}{host_depth} {path_depth} {overflow} ",
            self.longest
        )?;
        for (token, own) in anchors {
            write!(f, "{token:04x}{}", if *own { '!' } else { ',' })?;
        }
        if anchors.is_empty() {
            f.write_char('-')?;
        }
        self.groups.iter().try_for_each(|(group, Short { slash, bare })| write!(f, " {group},{slash},{bare}"))
    }
}

impl Root {
    /// The root in the marker of `table`. `None` if there is none, or this version does not know its form.
    #[must_use]
    pub fn of(table: &Table) -> Option<Self> {
        match table.members.as_slice() {
            [name] => Self::decode(name),
            _ => None,
        }
    }

    /// Decodes the text of a root. `None` if this version did not write it.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        let mut fields = text.split(' ');
        if fields.next()? != VERSION {
            return None;
        }
        let epoch = fields.next().filter(|epoch| is_epoch(epoch))?.to_owned();
        let pages = number(fields.next()?)?;
        let digest = Some(fields.next()?).filter(|digest| *digest != "-").map(str::to_owned);
        let longest = number(fields.next()?)?;
        let depth = fields.next()?;
        let host_depth = number(depth.strip_prefix('-').unwrap_or(depth))?;
        let (path_depth, overflow) = (number(fields.next()?)?, number(fields.next()?)?);
        let anchors = decode_anchors(fields.next()?)?;
        let groups = fields.map(|field| {
            let (group, values) = field.split_once(',')?;
            Some((group.to_owned(), Short::decode(values)?))
        });
        let groups = groups.collect::<Option<BTreeMap<_, _>>>()?;
        if pages == 0 || path_depth == 0 {
            return None;
        }
        let layout = Layout { epoch, pages, overflow, host_depth, path_depth, anchors };
        Some(Self { layout, digest, longest, hosts: !depth.starts_with('-'), groups })
    }

    /// The root while the table changes.
    #[must_use]
    pub fn late(&self) -> Self {
        Self { digest: None, ..self.clone() }
    }

    /// All pages of the epoch, with the overflow pages.
    #[must_use]
    pub const fn all_pages(&self) -> usize {
        self.layout.pages + self.layout.overflow
    }
}

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.slash, self.bare)
    }
}

impl Short {
    /// Decodes two values with a comma between them. Values have no comma.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        let (slash, bare) = text.split_once(',').filter(|(_, bare)| !bare.contains(','))?;
        Some(Self { slash: slash.to_owned(), bare: bare.to_owned() })
    }
}

fn decode_anchors(text: &str) -> Option<BTreeMap<u16, bool>> {
    if text == "-" {
        return Some(BTreeMap::new());
    }
    let token = |at: usize| {
        let own = match text.as_bytes().get(at + 4)? {
            b'!' => true,
            b',' => false,
            _ => return None,
        };
        Some((u16::from_str_radix(text.get(at..at + 4)?, 16).ok()?, own))
    };
    (0..text.len()).step_by(5).map(token).collect()
}

fn number(text: &str) -> Option<usize> {
    text.parse().ok().filter(|number| *number <= 100_000)
}

/// Whether `text` has the form of an epoch.
#[must_use]
pub fn is_epoch(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_is_its_text() {
        for text in [
            "1 Xk3f9a 18 9f3a2c11 23 0 1 0 3f2a,91bc! ,ucMqCe9.vWDRmqW, *.example.com,ucMqCe9.m4Seaqy,s1",
            "1 Xk3f9a 18 - 23 -1 2 3 -",
            "1 Xk3f9a 1 9f3a2c11 0 -0 1 0 - *.a,1u1,3u2 *.b,,u3",
        ] {
            let root = Root::decode(text);
            assert_eq!(root.map(|root| root.to_string()).as_deref(), Some(text));
        }
        for text in ["", "2 Xk3f9a 18 - 23 -1 2 3 -", "1 Xk3f9 18 - 23 -1 2 3 -", "1 Xk3f9a 0 - 1 0 1 0 -"] {
            assert_eq!(Root::decode(text), None, "{text}");
        }
    }
}
