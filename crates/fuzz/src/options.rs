//! Whatever a call declares is refused with an error, or becomes entries that the reader can serve.
#![no_main]

use libfuzzer_sys::fuzz_target;
use routesync_core::options::parse_sync;
use routesync_core::route::EntryPattern;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = parse_sync(text);
    let Ok((entry, _)) = EntryPattern::parse(text, "pattern") else { return };
    assert!(!entry.host().contains(',') && !entry.path().contains(','), "{entry:?}");
    assert!(entry.path().is_ascii() && entry.path().starts_with('/'), "{entry:?}");
    let (again, _) = EntryPattern::parse(&entry.display(), "pattern").expect("what is shown can be declared");
    assert_eq!(again, entry);
});
