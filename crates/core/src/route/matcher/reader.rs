//! The versions of SST whose edge functions match requests differently.

use super::path_matches;

/// An edge function of SST, named after the first version that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Reader {
    /// Up to 3.14.27: every host is a regular expression.
    Sst3,
    /// From 3.14.28: a host without `*` is compared as text.
    Sst31428,
    /// From 3.17.2: the last of entries with equal rank wins, and no longer the first.
    Sst3172,
    /// From 3.18.0: a path matches only at segment boundaries, and no longer anywhere. A path that ends in `/` matches only
    /// itself, unless it is `/`.
    Sst3180,
    /// From 3.18.6: a path that ends in `/` also matches below it.
    #[default]
    Sst3186,
}

impl Reader {
    /// Reads `sst@<major>.<minor>.<patch>`. The major version must be at least 3, since earlier versions have no route table.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.strip_prefix("sst@")?.split('.').map(|number| {
            let digits = number.bytes().all(|byte| byte.is_ascii_digit());
            number.parse::<u32>().ok().filter(|_| digits)
        });
        let version = (numbers.next()??, numbers.next()??, numbers.next()??);
        if numbers.next().is_some() || version.0 < 3 {
            return None;
        }
        Some(match version {
            version if version < (3, 14, 28) => Self::Sst3,
            version if version < (3, 17, 2) => Self::Sst31428,
            version if version < (3, 18, 0) => Self::Sst3172,
            version if version < (3, 18, 6) => Self::Sst3180,
            _ => Self::Sst3186,
        })
    }

    /// Whether the reader compiles every host as a regular expression, also one without `*`.
    #[must_use]
    pub fn compiles_every_host(self) -> bool {
        self < Self::Sst31428
    }

    /// Whether the last of entries with equal rank wins. Earlier versions sort the table and take the first.
    #[must_use]
    pub fn takes_last(self) -> bool {
        self >= Self::Sst3172
    }

    #[must_use]
    pub fn path_matches(self, path: &str, uri: &str) -> bool {
        match self {
            Self::Sst3 | Self::Sst31428 | Self::Sst3172 => uri.starts_with(path),
            Self::Sst3180 => uri
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || path == "/" || rest.starts_with('/')),
            Self::Sst3186 => path_matches(path, uri),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_selects_the_edge_function_that_it_deploys() {
        for (text, reader) in [
            ("sst@3.0.0", Reader::Sst3),
            ("sst@3.14.27", Reader::Sst3),
            ("sst@3.14.28", Reader::Sst31428),
            ("sst@3.17.1", Reader::Sst31428),
            ("sst@3.17.2", Reader::Sst3172),
            ("sst@3.17.40", Reader::Sst3172),
            ("sst@3.18.0", Reader::Sst3180),
            ("sst@3.18.5", Reader::Sst3180),
            ("sst@3.18.6", Reader::Sst3186),
            ("sst@4.0.0", Reader::default()),
        ] {
            assert_eq!(Reader::parse(text), Some(reader), "{text}");
        }
        for text in ["", "sst", "sst@", "3.17.2", "sst@3", "sst@3.17", "sst@3.17.x", "sst@3.17.2.1"] {
            assert_eq!(Reader::parse(text), None, "{text}");
        }
        for text in ["sst@2.49.0", "sst@+3.17.2", "sst@3.17.2-beta", "sst@99999999999.0.0"] {
            assert_eq!(Reader::parse(text), None, "{text}");
        }
    }

    #[test]
    fn each_version_has_its_own_boundaries() {
        let versions = [Reader::Sst3, Reader::Sst31428, Reader::Sst3172, Reader::Sst3180, Reader::Sst3186];
        for (path, uri, matches) in [
            ("/api", "/api", [true, true, true, true, true]),
            ("/api", "/api/x", [true, true, true, true, true]),
            ("/api", "/apix", [true, true, true, false, false]),
            ("/api/", "/api/x", [true, true, true, false, true]),
            ("/api/", "/api/", [true, true, true, true, true]),
            ("/", "/x", [true, true, true, true, true]),
            ("", "/x", [true, true, true, true, true]),
            ("/api", "/ap", [false, false, false, false, false]),
        ] {
            assert_eq!(versions.map(|version| version.path_matches(path, uri)), matches, "{path} {uri}");
        }
    }
}
